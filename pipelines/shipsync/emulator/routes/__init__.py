"""Every operation the account answers."""

from __future__ import annotations

from shipsync.emulator.http.routing import RouteTable
from shipsync.emulator.routes import (
    fulfillments,
    inventory,
    labels,
    master_data,
    purchasing,
    rates,
    shipments,
    webhooks,
)
from shipsync.emulator.routes.left_out import LEFT_OUT

TABLE = RouteTable(
    (
        *shipments.ROUTES,
        *labels.ROUTES,
        *fulfillments.ROUTES,
        *inventory.ROUTES,
        *master_data.ROUTES,
        *purchasing.ROUTES,
        *rates.ROUTES,
        *webhooks.ROUTES,
    ),
    LEFT_OUT,
)
"""All routes; add those of a new stream here."""
