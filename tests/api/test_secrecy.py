"""The key is in no log, no error, no trace: looked for in everything that can be printed."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict

import orjson
import pytest

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.connection import Secret
from shipsync.errors import ShipsyncError

from .raw_server import Wire, answer
from .scripted_accounts import KEY, connection

FAULTS = [
    pytest.param(answer(b"{}", status=401), id="401"),
    pytest.param(answer(b"{}", status=403), id="403"),
    pytest.param(answer(b"{}", status=404), id="404"),
    pytest.param(answer(b'{"errors": [{"message": "KEY"}]}', status=400), id="400 with the key"),
    pytest.param(answer(b"", status=500), id="500"),
    pytest.param(answer(b"", status=302, headers="Location: https://a.example/KEY\r\n"), id="302"),
    pytest.param(answer(b"<html>KEY</html>"), id="html with the key"),
    pytest.param(answer(b'{"a": 1}', length=500), id="cut"),
    pytest.param(b"", id="closed"),
    pytest.param(b"nonsense KEY\r\n\r\n", id="no http, with the key"),
    pytest.param(answer(b"no", headers="Content-Encoding: gzip\r\n"), id="broken gzip"),
]


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Whatever any logger says, from DEBUG on."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def everything_of(error: BaseException | None) -> Iterator[str]:
    """All that can be printed of an error: itself, what hangs on it, its trace with local values."""
    while error is not None:
        yield str(error)
        yield repr(error)
        yield repr(vars(error))
        yield repr(error.args)
        # The frame of the test itself is left out: it knows the key.
        trace = error.__traceback__.tb_next if error.__traceback__ else None
        told = traceback.TracebackException(type(error), error, trace, capture_locals=True)
        yield "".join(told.format())
        error = error.__cause__ or error.__context__


def read(session: Session) -> None:
    session.read("/v2/labels", {"page": 1}, stream="labels")


def write(session: Session) -> None:
    session.write("POST", "/v2/inventory", {"sku": "A"}, stream="stock")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", [read, write])
def test_the_key_is_seen_nowhere(
    fault: bytes, call: Callable[[Session], None], logs: pytest.LogCaptureFixture
) -> None:
    with Wire(fault.replace(b"KEY", KEY.encode())) as wire:
        account = connection(base_url=wire.url)
        with Session(account, pacing=JumpingPacing()) as session:
            with pytest.raises(ShipsyncError) as caught:
                call(session)
            shown = [*everything_of(caught.value), repr(session), repr(account)]
        assert f"api-key: {KEY}".encode() in wire.received[0], "it was really sent"
    shown += [text for it in logs.records for text in (it.getMessage(), repr(vars(it)))]
    assert not [text for text in shown if KEY in text]


def test_no_library_logs_what_it_sends_or_gets(logs: pytest.LogCaptureFixture) -> None:
    line = b"HTTP/1.1 200 " + KEY.encode() + b"\r\nContent-Length: 2\r\n\r\n{}"
    logging.getLogger("listened").info("heard")
    with Wire(line) as wire, Session(connection(base_url=wire.url)) as session:
        session.read("/v2/labels", {"ship_to_name": "Ann"}, stream="labels")
    assert [record.getMessage() for record in logs.records] == ["heard"]


def test_nobody_at_the_address(logs: pytest.LogCaptureFixture) -> None:
    with Wire(b"") as wire:
        url = wire.url
    with Session(connection(base_url=url), pacing=JumpingPacing()) as session:
        with pytest.raises(ShipsyncError) as caught:
            session.read("/v2/labels", stream="labels")
        shown = list(everything_of(caught.value))
    shown += [record.getMessage() for record in logs.records]
    assert not [text for text in shown if KEY in text]


def test_no_error_drags_one_of_httpx_along() -> None:
    with Wire(b"") as wire, Session(connection(base_url=wire.url), pacing=JumpingPacing()) as s:
        with pytest.raises(ShipsyncError) as caught:
            s.read("/v2/labels", stream="labels")
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_a_secret_shows_itself_in_no_way() -> None:
    secret = Secret(KEY)
    account = connection(personal_data_salt=Secret(KEY))
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>40}",
        f"{secret!r:s}",
        "%s %r" % (secret, secret),  # noqa: UP031
        repr(account),
        str(account),
        repr(asdict(account)),
        repr(copy.deepcopy(account)),
        repr([secret]),
        orjson.dumps({"key": secret}, default=str).decode(),
    ]
    assert not [text for text in shown if KEY in text]
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_written_out(protocol: int) -> None:
    for thing in (Secret(KEY), connection()):
        with pytest.raises(TypeError, match="not written out"):
            pickle.dumps(thing, protocol)


def test_a_secret_is_still_of_use() -> None:
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert secret == Secret(KEY)
    assert secret != Secret("another")
    assert secret != KEY
    assert len({secret, Secret(KEY)}) == 1
    assert copy.copy(secret) is secret
    assert secret.scrub(f"a {KEY} b {KEY}") == "a [secret] b [secret]"
    assert Secret("").scrub("abc") == "abc"
