"""An answer is taken in within bounds, whatever its size, its packing and the strings in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from shipsync.api.deadline import Deadline
from shipsync.api.reply import Reply, receive
from shipsync.clock import JumpingPacing
from shipsync.connection import Secret
from shipsync.errors import OutcomeUnknown, UnreadableAnswer

from .scripted_accounts import KEY, Script, ok, open_session

BODY = b'{"tags": [{"name": "Red"}]}'


def bare(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


class Pieces(httpx.SyncByteStream):
    """A body that comes in pieces and notes how many were drawn."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.drawn = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.drawn += 1
            yield piece


def taken(pieces: Pieces, most: int = 1_000_000, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx.Response(200, headers=named, stream=pieces)
    return receive(response, [Secret(KEY)], most, Deadline(JumpingPacing()))


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", bare),
        ("identity", bytes),
        ("gzip", lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:])),
        ("gzip", lambda content: gzip.compress(content) + b"\x00\x00 and more"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_packed_body_is_unpacked(
    encoding: str, pack: Callable[[bytes], bytes], size: int
) -> None:
    packed = pack(BODY)
    pieces = Pieces(packed[i : i + size] for i in range(0, len(packed), size))
    reply = taken(pieces, content_encoding=encoding)
    assert reply.content == BODY
    assert not reply.is_cut


def test_half_a_packed_body_is_cut() -> None:
    packed = gzip.compress(BODY * 100)
    assert taken(Pieces(iter([packed[:-12]])), content_encoding="gzip").is_cut


def test_a_packing_that_was_not_asked_for_is_named() -> None:
    for encoding in ("br", "zstd", "gzip, gzip", "gzip, deflate"):
        assert taken(Pieces(iter([b"x"])), content_encoding=encoding).packed_as == encoding


def test_nothing_is_drawn_past_the_limit() -> None:
    pieces = Pieces(b"[" * 100_000 for _ in range(1_000_000))
    reply = taken(pieces)
    assert reply.is_too_large
    assert reply.content == b""
    assert pieces.drawn == 11


@pytest.mark.parametrize("members", [1, 3])
def test_a_bomb_is_defused_before_it_is_unpacked(members: int) -> None:
    packed = gzip.compress(b"\x00" * 50_000_000) * members
    reply = taken(Pieces(iter([packed])), content_encoding="gzip")
    assert reply.is_too_large


def test_a_bomb_takes_no_more_memory_than_the_limit() -> None:
    import tracemalloc

    packed = gzip.compress(b"\x00" * 100_000_000)
    tracemalloc.start()
    taken(Pieces(iter([packed])), most=1_000_000, content_encoding="gzip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_list_that_is_too_large_is_asked_for_in_smaller_pages_and_at_once() -> None:
    row = {"tag_id": 1, "name": "x" * 400_000}

    def app(request: httpx.Request) -> httpx.Response:
        return ok({"tags": [row] * 4})

    session, pacing = open_session(app, largest_answer_mb=1)
    with pytest.raises(UnreadableAnswer, match="larger than answers may be"):
        session.read("/v2/tags", stream="tags")
    assert session.requests_sent == 1
    assert pacing.monotonic() == 0


def test_an_answer_to_a_write_that_is_too_large_is_lost() -> None:
    session, _ = open_session(Script(ok({"a": "x" * 2_000_000})), largest_answer_mb=1)
    with pytest.raises(OutcomeUnknown, match="larger than answers may be"):
        session.write("POST", "/v2/shipments", {}, stream="shipments")


def test_the_key_is_in_no_string_of_it() -> None:
    headers = {"x-echo": KEY, f"x-{KEY}": "1", "location": f"https://{KEY.lower()}.example/"}
    body = f'{{"{KEY}": ["{KEY.upper()}", "a"]}}'.encode()
    response = httpx.Response(302, headers=headers, stream=httpx.ByteStream(body))
    reply = receive(response, [Secret(KEY)], 1000, Deadline(JumpingPacing()))
    assert KEY.lower() not in repr(reply).lower()
    assert reply.headers["x-echo"] == "[secret]"
    assert reply.content == b'{"[secret]": ["[secret]", "a"]}'
