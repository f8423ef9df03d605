"""Whether ShipStation signed a webhook: RSA-SHA256 (PKCS #1 v1.5) by a key of its JWKS.

Signed is ``{x-shipengine-timestamp}.{raw body}``. Verifying needs the public key alone; the signature
is opened and compared, as a whole, with the one block that this text may have (RFC 8017, 8.2.2).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from shipsync.api.tolerant_json import read_json
from shipsync.errors import InputFileError
from shipsync.sources.instants import parse_instant

KEY_ID: Final = "x-shipengine-rsa-sha256-key-id"
SIGNATURE: Final = "x-shipengine-rsa-sha256-signature"
TIMESTAMP: Final = "x-shipengine-timestamp"
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_LEAST_BITS: Final = 2048
_LONGEST_FILE: Final = 1_000_000


@dataclass(frozen=True)
class _PublicKey:
    modulus: int
    exponent: int

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        length = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != length or number >= self.modulus:
            return False
        opened = pow(number, self.exponent, self.modulus).to_bytes(length, "big")
        ending = b"\x00" + _SHA256_INFO + hashlib.sha256(text).digest()
        block = b"\x00\x01" + b"\xff" * (length - 2 - len(ending)) + ending
        return hmac.compare_digest(opened, block)


class WebhookKeys:
    """The keys of a JWKS file, by id. Raises ``InputFileError`` for a file that holds none."""

    def __init__(self, path: Path) -> None:
        try:
            listed = read_json(_beginning(path)).value["keys"]
            self._keys = {str(key["kid"]): _key(key) for key in listed if key["kty"] == "RSA"}
        except OSError as error:
            raise InputFileError(f"{path} can't be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            self._keys = {}
        if not self._keys:
            raise InputFileError(
                f"{path} holds no RSA key of {_LEAST_BITS} bits or more; save "
                "https://api.shipengine.com/jwks there."
            )

    def signed_at(self, headers: Mapping[str, str], body: bytes) -> datetime | None:
        """When ``body`` was signed, by its own word; None if the signature does not hold.

        ``headers`` have names in small letters.
        """
        key = self._keys.get(headers.get(KEY_ID, ""))
        timestamp = headers.get(TIMESTAMP, "")
        at = _instant(timestamp)
        try:
            signature = base64.b64decode(headers.get(SIGNATURE, ""), validate=True)
        except (binascii.Error, ValueError):
            return None
        text = timestamp.encode() + b"." + body
        return at if key is not None and key.has_signed(text, signature) else None


def _beginning(path: Path) -> bytes:
    """The file; of one that is too long to hold keys no more than that, which is no JSON."""
    with path.open("rb") as opened:
        return opened.read(_LONGEST_FILE)


def _key(key: Mapping[str, Any]) -> _PublicKey:
    found = _PublicKey(_number(key["n"]), _number(key["e"]))
    if found.modulus.bit_length() < _LEAST_BITS or found.exponent < 3:
        raise ValueError
    return found


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _instant(text: str) -> datetime | None:
    if text.isdecimal() and len(text) <= 10:
        return datetime.fromtimestamp(int(text), UTC)
    return parse_instant(text)
