"""The signature of a delivery, as the Standard Webhooks specification has it (HMAC-SHA256).

Signed is ``{webhook-id}.{webhook-timestamp}.{body}``; the secret is base64, with or without the prefix
``whsec_``. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Final

from shipsync.connection import Secret
from shipsync.errors import ConfigurationError

_PREFIX: Final = "whsec_"
_LEAST_BYTES: Final = 24


class Signer:
    """Signs bodies with one secret. Raises ``ConfigurationError`` for one that can't be used."""

    def __init__(self, secret: Secret) -> None:
        text = secret.reveal().removeprefix(_PREFIX)
        try:
            self._key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self._key = b""
        if len(self._key) < _LEAST_BYTES:
            raise ConfigurationError(
                f"deliver_secret must be base64 of at least {_LEAST_BYTES} random bytes, such as "
                "`openssl rand -base64 32` gives, with or without whsec_ before it."
            )

    def headers(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """The three headers of a message; ``at`` is when this attempt is made."""
        timestamp = str(int(at.timestamp()))
        signed = b".".join((message_id.encode(), timestamp.encode(), body))
        digest = hmac.new(self._key, signed, hashlib.sha256).digest()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
