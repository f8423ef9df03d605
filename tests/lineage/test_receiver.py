"""Events go to a real address or a file, once each; one that is not taken ends the telling of that run."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.alert_receiver import AlertReceiver, Behaviour, listening
from shipsync.connection import Secret
from shipsync.lineage.receiver import Receiver

KEY = "a-key-that-nobody-may-see"


@pytest.fixture
def catalog() -> Iterator[AlertReceiver]:
    with listening() as catalog:
        yield catalog


def root(catalog: AlertReceiver) -> str:
    """The address of the server alone."""
    return catalog.url.partition("/alerts")[0]


def test_a_server_gets_each_event_at_the_usual_path_with_the_key(catalog: AlertReceiver) -> None:
    receiver = Receiver(root(catalog), Secret(KEY))
    receiver.put(b'{"a": 1}')
    receiver.put(b'{"a": 2}')

    assert receiver.failure is None
    assert [(each.path, each.json) for each in catalog.arrivals] == [
        ("/api/v1/lineage", {"a": 1}),
        ("/api/v1/lineage", {"a": 2}),
    ]
    assert {each.authorization for each in catalog.arrivals} == {f"Bearer {KEY}"}
    assert {each.content_type for each in catalog.arrivals} == {"application/json"}


def test_an_address_with_a_path_is_taken_as_it_is(catalog: AlertReceiver) -> None:
    Receiver(f"{root(catalog)}/openapi/lineage").put(b"{}")
    [arrival] = catalog.arrivals
    assert (arrival.path, arrival.authorization) == ("/openapi/lineage", None)


@pytest.mark.parametrize(
    ("behaviour", "patience", "said"),
    [
        ("hang", 0.2, "The receiver of lineage gave no answer within 0.2 seconds."),
        ("trickle", 0.2, "The receiver of lineage gave no answer within 0.2 seconds."),
        ("cut", 60, "The receiver of lineage could not be reached (RemoteProtocolError)."),
        (500, 60, "The receiver of lineage answered 500."),
        (302, 60, "The receiver of lineage answered 302."),
    ],
)
def test_after_an_event_that_was_not_taken_nothing_more_is_sent(
    catalog: AlertReceiver, behaviour: Behaviour, patience: float, said: str
) -> None:
    catalog.behaviour = behaviour
    receiver = Receiver(root(catalog), Secret(KEY), patience=patience)
    for _ in range(3):
        receiver.put(b"{}")

    assert receiver.failure == said
    # Where this machine is slow, not even the first may have come.
    assert len(catalog.arrivals) <= 1


def test_events_of_one_run_share_their_time(catalog: AlertReceiver) -> None:
    receiver = Receiver(root(catalog), patience=1e-9)
    receiver.put(b"{}")
    receiver.put(b"{}")
    assert receiver.failure is not None
    assert len(catalog.arrivals) <= 1


def test_a_file_gets_a_line_for_each_event_and_is_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "made" / "lineage.jsonl"
    for _ in range(2):
        receiver = Receiver(str(file))
        receiver.put(b'{"a": 1}')
        assert receiver.failure is None

    assert file.read_bytes() == b'{"a": 1}\n{"a": 1}\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    receiver = Receiver(str(tmp_path / "file" / "lineage.jsonl"))
    receiver.put(b"{}")
    assert receiver.failure is not None
    assert "can't be written" in receiver.failure
