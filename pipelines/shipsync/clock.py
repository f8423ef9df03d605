"""The one place that asks what time it is."""

from __future__ import annotations

import pendulum


def now() -> pendulum.DateTime:
    """The present instant in UTC, by this machine's clock."""
    return pendulum.now("UTC")
