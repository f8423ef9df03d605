"""What the ledger keeps of the people in a write, under the connection's ``personal_data``.

What is sent is whole. What is recorded of it follows the same policy as everything else that is stored:
kept, hashed with the connection's salt, or dropped. A fingerprint of the whole takes the place of what
is missing, so that another shipment under the same key is still told from the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b

import orjson

from shipsync.connection import PersonalData, Secret
from shipsync.sources.redaction import Redaction

Recorded = Callable[[Mapping[str, object]], Mapping[str, object]]


def recorded_under(policy: PersonalData, salt: Secret | None) -> Recorded:
    """How a body is recorded."""
    key = salt.reveal().encode() if salt else b""
    redaction = Redaction(policy, key)

    def recorded(body: Mapping[str, object]) -> Mapping[str, object]:
        if policy == "keep":
            return body
        whole = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        digest = blake2b(whole, digest_size=16, key=blake2b(key, digest_size=32).digest())
        return {**redaction.apply(body), "contents": digest.hexdigest()}

    return recorded
