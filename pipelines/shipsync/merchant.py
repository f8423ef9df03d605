"""What a merchant decides and every number of the models depends on: the zone of days, limits, lead times."""

from __future__ import annotations

from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Final
from zoneinfo import ZoneInfo

from shipsync.account_day import ZONE
from shipsync.errors import ConfigurationError

_ALLOWED: Final = {
    "sla_hours": (1, 8760),
    "lead_days": (1, 730),
    "review_days": (0, 730),
    "service_level": (0.5, 0.9999),
    "dimensional_divisor": (1, 10_000),
    "claim_after_days": (1, 365),
    "cohort_age_days": (1, 365),
    "cutoff_hour": (0, 23),
}


@dataclass(frozen=True)
class Merchant:
    """The settings that models read; ``ConfigurationError`` for one that is out of range.

    ``timezone`` is the IANA name of the zone whose days are meant; ``sla_hours`` from order to label where an
    order has no ship-by date; ``lead_days`` from ordering stock to having it, ``review_days`` between two
    orders of stock, ``service_level`` the share of such periods without a stock-out; ``dimensional_divisor``
    cubic inches to a pound; ``claim_after_days`` after which a label that no carrier scanned is claimed back;
    ``cohort_age_days`` that a week's parcels must be old before rates are told of them; ``cutoff_hour`` until
    which an order still leaves on its day.
    """

    timezone: str = ZONE
    sla_hours: float = 72
    lead_days: int = 14
    review_days: int = 7
    service_level: float = 0.95
    dimensional_divisor: float = 139
    claim_after_days: int = 28
    cohort_age_days: int = 14
    cutoff_hour: int = 14

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ValueError, OSError, LookupError):
            raise ConfigurationError(
                f"timezone is {self.timezone!r}, which is no zone that this machine knows; give a name such "
                "as America/New_York."
            ) from None
        for key, (low, high) in _ALLOWED.items():
            value = getattr(self, key)
            if not low <= value <= high:
                raise ConfigurationError(f"{key} is {value:g}; {low} to {high} are allowed.")

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose days are meant."""
        return ZoneInfo(self.timezone)

    def variables(self) -> dict[str, str | float]:
        """The vars of dbt: each setting by name, and ``service_z``, the quantile of ``service_level``."""
        held: dict[str, str | float] = {f.name: getattr(self, f.name) for f in fields(self)}
        return held | {"service_z": round(NormalDist().inv_cdf(self.service_level), 4)}
