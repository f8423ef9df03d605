"""What becomes of buyers' personal data before it is stored: kept, hashed or dropped.

Under ``hash`` and ``drop`` only what stands on the allow-list is stored as it came. Of the rest, ``hash``
stores a keyed hash of each text that a column takes, so that equal values can still be joined within a
database and cannot be guessed without the key; everything else is not stored. The content hash is keyed
too: it would tell whether a guess of the whole object is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from shipsync.connection import PersonalData, Secret
from shipsync.local_key import local_key
from shipsync.sources.allow_list import (
    Allowed,
    Part,
    allowed_in,
    allowed_of,
    has_buyers,
    known_paths,
)
from shipsync.sources.canonical import ContentHash, content_hash
from shipsync.sources.streams import Lines, Stream

if TYPE_CHECKING:
    from shipsync.sources.flatten import ApiObject

_HASHED: Final = re.compile(r"[0-9a-f]{32}")


class PersonalPolicy(Protocol):
    """What of a connection's settings says how buyers are stored."""

    @property
    def personal_data(self) -> PersonalData:
        """Keep, hash or drop."""
        ...

    @property
    def personal_data_salt(self) -> Secret | None:
        """The key of the hashes, if one is set."""
        ...

    @property
    def database(self) -> Path:
        """The DuckDB file that what is stored goes to."""
        ...


def redaction_for(settings: PersonalPolicy) -> Redaction:
    """The redaction that the settings ask for.

    Its key is the salt; under ``drop`` without one it is the key of this machine beside the database.
    """
    if settings.personal_data == "keep":
        return Redaction()
    salt = settings.personal_data_salt
    key = salt.reveal().encode() if salt else local_key(settings.database, "hashes")
    return Redaction(settings.personal_data, key)


@dataclass(frozen=True)
class Redaction:
    """One policy; ``key`` keys its hashes, and is not empty unless the policy is ``keep``."""

    policy: PersonalData = "keep"
    key: bytes = b""

    @property
    def key_name(self) -> str:
        """Tells keys apart without telling the key."""
        return blake2b(self.key, digest_size=8, person=b"key-name").hexdigest()

    def apply(self, stream: Stream, item: ApiObject) -> ApiObject:
        """An object of ``stream`` as it may be stored; itself under ``keep``, else a copy.

        What was redacted before comes out as it went in.
        """
        if self.policy == "keep":
            return item
        return self._inside(stream, item, allowed_of(stream), ())

    def apply_to_line(self, stream: Stream, lines: Lines, item: ApiObject) -> ApiObject:
        """A line of an object of ``stream``, as ``apply`` treats the object."""
        if self.policy == "keep":
            return item
        return self._inside(stream, item, allowed_in(lines.table), (lines.list_key,))

    def recorded(self, stream: Stream, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A body that is sent, as it may be written down.

        A keyed fingerprint of the whole, ``contents``, stands for what is missing, so that another body
        under the same key is still told from the same one.
        """
        if self.policy == "keep":
            return body
        whole = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        return {**self.apply(stream, body), "contents": self._keyed(whole.hex())}

    def hash_of(self, stream: Stream) -> ContentHash:
        """What gives the content hash of an object of ``stream``, as it came, to be stored.

        It is keyed where the stream has buyers: else it would tell whether a guess of them is right.
        """
        if self.policy == "keep" or not has_buyers(stream):
            return content_hash
        return lambda item: self.identity(content_hash(item))

    def identity(self, digest: str) -> str:
        """A content hash of an object with a buyer, as it may be stored."""
        return digest if self.policy == "keep" else self._keyed(digest)

    def text(self, value: str | None) -> str | None:
        """A text that is not on the allow-list, as a column may hold it."""
        if not value or self.policy == "keep":
            return value
        if self.policy == "drop":
            return None
        return value if _HASHED.fullmatch(value) else self._keyed(value)

    def document(self, value: object, allowed: Allowed | Part | None) -> object:
        """A nested value of which only ``allowed`` may be stored; None where nothing is left of it."""
        if self.policy == "keep" or allowed == "all":
            return value
        if isinstance(value, list) and allowed != "value":
            parts = [self.document(one, allowed) for one in value]
            return [part for part in parts if part is not None]
        if isinstance(value, Mapping):
            if not isinstance(allowed, Mapping):
                return None
            return {
                key: self.document(v, allowed[key]) for key, v in value.items() if key in allowed
            }
        return value if allowed == "value" and not isinstance(value, list) else None

    def _inside(
        self, stream: Stream, value: ApiObject, allowed: Allowed, path: tuple[str, ...]
    ) -> dict[str, Any]:
        stored: dict[str, Any] = {}
        for key, inner in value.items():
            here = (*path, key)
            part = allowed.get(key)
            if isinstance(part, Mapping) and isinstance(inner, Mapping):
                stored[key] = self._inside(stream, inner, part, here)
            elif isinstance(part, Mapping) and isinstance(inner, list):
                stored[key] = [
                    self._inside(stream, one, part, here)
                    for one in inner
                    if isinstance(one, Mapping)
                ]
            elif part is not None:
                stored[key] = self.document(inner, part)
            elif here in known_paths(stream):
                stored[key] = self.text(inner) if isinstance(inner, str) else None
        return stored

    def _keyed(self, text: str) -> str:
        # Lone surrogates have no UTF-8, and may stand in what an API gives.
        value = text.encode("utf-8", "surrogatepass")
        return blake2b(
            value, digest_size=16, key=blake2b(self.key, digest_size=32).digest()
        ).hexdigest()
