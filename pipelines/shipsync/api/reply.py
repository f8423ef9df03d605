"""What came over the wire, taken in once: unpacked, bounded in size, and rid of our own secrets.

Every later step sees a ``Reply`` and never httpx's response, so no string of an answer gets past this.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from shipsync.api.deadline import Deadline
from shipsync.connection import Secret

_PLAIN: Final = frozenset({"", "identity"})
_ZIPPED: Final = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_OR_ZLIB, _BARE_DEFLATE = 47, -15


@dataclass(frozen=True)
class Reply:
    """An answer as it came: its status, its headers by lower-case name, and its body, unpacked.

    ``is_cut``: less of the body came than was announced. ``is_too_large``: the body went past the
    limit, and was left there. ``packed_as`` is an encoding that was not asked for and can't be undone.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = b""
    is_cut: bool = False
    is_too_large: bool = False
    packed_as: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return httpx.codes.is_success(self.status)

    @property
    def location(self) -> str | None:
        """Where a redirect leads; None if this is none."""
        return self.headers.get("location") if 300 <= self.status < 400 else None

    @property
    def is_web_page(self) -> bool:
        """Whether a web server, not an API, seems to have answered."""
        return self.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def receive(
    response: httpx.Response, secrets: Sequence[Secret], most_bytes: int, deadline: Deadline
) -> Reply:
    """Read ``response`` to its end, or to ``most_bytes`` of its body.

    Raises what httpx raises when the connection fails, ``httpx.ReadTimeout`` past the deadline, and
    ``httpx.DecodingError`` for a packed body that can't be unpacked.
    """
    headers = _headers(response, secrets)
    packed_as = headers.get("content-encoding", "").strip().lower()
    if packed_as not in _PLAIN | _ZIPPED:
        return Reply(response.status_code, headers, packed_as=packed_as)
    body = bytearray()
    unpacked = _Unpacked(response, packed_as in _ZIPPED, most_bytes)
    for part in unpacked:
        body += part
        if deadline.is_over:
            raise httpx.ReadTimeout("the request has used up its time")
        if len(body) > most_bytes:
            return Reply(response.status_code, headers, is_too_large=True)
    content = bytes(body)
    del body
    declared = headers.get("content-length")
    is_short = packed_as in _PLAIN and declared not in (None, str(len(content)))
    for secret in secrets:
        content = secret.scrub_bytes(content)
    return Reply(response.status_code, headers, content, is_cut=is_short or unpacked.is_cut)


def _headers(response: httpx.Response, secrets: Sequence[Secret]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        for secret in secrets:
            name, value = secret.scrub(name), secret.scrub(value)
        headers[name.lower()] = value
    return headers


class _Unpacked:
    """The body in pieces, none of which is much longer than ``most_bytes``, however well it was packed."""

    def __init__(self, response: httpx.Response, is_packed: bool, most_bytes: int) -> None:
        self._response = response
        self._most = most_bytes + 1
        # A response that was made in this process may have been read already.
        self._is_packed = is_packed and not response.is_stream_consumed
        self.is_cut = False

    def __iter__(self) -> Iterator[bytes]:
        if self._response.is_stream_consumed:
            yield self._response.content
        elif self._is_packed:
            yield from self._unpacked()
        else:
            yield from self._response.iter_raw()

    def _unpacked(self) -> Iterator[bytes]:
        inflater: zlib._Decompress | None = None
        waiting, members, is_over = b"", 0, False
        try:
            # What stands behind the end is left aside, but drawn, so that the connection lives on.
            for packed in self._response.iter_raw():
                waiting = b"" if is_over else waiting + packed
                while waiting and (inflater is not None or len(waiting) > 1):
                    if inflater is None:
                        is_over = members > 0 and not waiting.startswith(_GZIP_MAGIC)
                        if is_over:
                            break
                        inflater, members = (
                            zlib.decompressobj(_way_to_inflate(waiting)),
                            members + 1,
                        )
                    if part := inflater.decompress(waiting, self._most):
                        yield part
                    waiting = inflater.unconsumed_tail
                    if inflater.eof:
                        waiting, inflater = inflater.unused_data, None
        except zlib.error:
            raise httpx.DecodingError("the body can't be unpacked") from None
        self.is_cut = inflater is not None or (bool(waiting) and not members)


def _way_to_inflate(beginning: bytes) -> int:
    is_zlib = int.from_bytes(beginning[:2], "big") % 31 == 0 and beginning[0] & 15 == 8
    return _GZIP_OR_ZLIB if is_zlib or beginning.startswith(_GZIP_MAGIC) else _BARE_DEFLATE
