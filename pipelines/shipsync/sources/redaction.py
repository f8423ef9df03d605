"""What becomes of buyers' personal data before it is stored: kept, hashed or dropped.

Hashed values are keyed with the connection's salt, so that equal values can still be joined within a
database and cannot be guessed without the salt. Country, state, city and postal code are kept: metrics
need them and they name nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from shipsync.connection import PersonalData
from shipsync.sources.flatten import ApiObject

_ADDRESSES: Final = ("ship_to",)
_ADDRESS_FIELDS: Final = frozenset(
    {"name", "phone", "email", "company_name", "address_line1", "address_line2", "address_line3"}
    | {"instructions", "geolocation"}
)
_FIELDS: Final = frozenset({"notes_from_buyer", "notes_for_gift", "tax_identifiers", "signer"})
_NESTED: Final = ("shipment", "events")


@dataclass(frozen=True)
class Redaction:
    """One policy; ``salt`` keys the hashes (empty when there is none)."""

    policy: PersonalData = "keep"
    salt: bytes = b""

    def apply(self, item: ApiObject) -> ApiObject:
        """``item`` as it may be stored; the object itself under ``keep``, else a copy."""
        if self.policy == "keep":
            return item
        return self._object(item)

    def _object(self, item: ApiObject) -> dict[str, Any]:
        redacted = {key: self._field(key, value) for key, value in item.items()}
        for key in _ADDRESSES:
            if isinstance(address := item.get(key), Mapping):
                redacted[key] = {
                    part: self._value(value) if part in _ADDRESS_FIELDS else value
                    for part, value in address.items()
                }
        return redacted

    def _field(self, key: str, value: Any) -> Any:
        if key in _FIELDS:
            return self._value(value)
        if key in _NESTED and isinstance(value, Mapping):
            return self._object(value)
        if key in _NESTED and isinstance(value, list):
            return [self._object(v) if isinstance(v, Mapping) else v for v in value]
        return value

    def _value(self, value: Any) -> Any:
        if value is None or value == "" or value == []:
            return value
        if self.policy == "drop" or not isinstance(value, str):
            return None
        key = blake2b(self.salt, digest_size=32).digest()
        return blake2b(value.encode(), digest_size=16, key=key).hexdigest()
