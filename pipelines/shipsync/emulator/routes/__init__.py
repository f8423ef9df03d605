"""Every operation the account answers."""

from __future__ import annotations

from shipsync.emulator.http.routing import RouteTable
from shipsync.emulator.routes import (
    directory,
    fulfillments,
    inventory,
    labels,
    rates,
    shipments,
    webhooks,
)

TABLE = RouteTable(
    (
        *shipments.ROUTES,
        *labels.ROUTES,
        *fulfillments.ROUTES,
        *inventory.ROUTES,
        *directory.ROUTES,
        *rates.ROUTES,
        *webhooks.ROUTES,
    )
)
"""All routes; add those of a new stream here."""
