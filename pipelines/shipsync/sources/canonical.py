"""The content hash of an API object: equal content gives an equal hash, however it was written.

Three things don't count as content: the order of keys, zeros at the end of a second's fraction
(``19:46:28.8Z`` is ``19:46:28.800Z``), and the addresses under ``*_download`` keys, which are signed
again each time. Everything else does, ``modified_at`` included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b

import orjson

from shipsync.sources.sound import sound

# The dot comes first so that the search can jump from dot to dot; the lookbehind then makes sure
# that it stands behind a time of day.
_FRACTION = re.compile(rb'\.(?<=T\d\d:\d\d:\d\d\.)(\d*?)0*(?=Z")')
_DOWNLOAD_SUFFIX = "_download"

ContentHash = Callable[[Mapping[str, object]], str]
"""Gives the content hash of an API object as it is stored: itself, or keyed."""


def _without_zeros(match: re.Match[bytes]) -> bytes:
    digits = match.group(1)
    return b"." + digits if digits else b""


def _settled(value: object) -> object:
    """A copy of ``value`` in which a download says only which formats it has, not where they lie."""
    if isinstance(value, Mapping):
        return {
            key: _formats(inner) if key.endswith(_DOWNLOAD_SUFFIX) else _settled(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_settled(inner) for inner in value]
    return value


def _formats(download: object) -> object:
    if isinstance(download, Mapping):
        return sorted(key for key, address in download.items() if address is not None)
    return download is not None


def _canonical(value: object) -> bytes:
    return _FRACTION.sub(_without_zeros, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def content_hash(value: object) -> str:
    """32 hexadecimal digits that stand for the content of one API object."""
    try:
        canonical = _canonical(value)
    except (TypeError, RecursionError):
        value = sound(value)
        canonical = _canonical(value)
    if b'_download"' in canonical:
        canonical = _canonical(_settled(value))
    return blake2b(canonical, digest_size=16).hexdigest()
