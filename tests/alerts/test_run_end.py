"""Runs tell what needs a person to a real receiver: once when it begins, once when it is over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shipsync import clock
from shipsync.alerts import run_end
from shipsync.alerts.conditions import Condition, ConditionName
from shipsync.alerts.publishing import publish_went_well
from shipsync.alerts.state import AlertBook, last_error, told_outside
from shipsync.connection import AlertSettings, Secret
from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account
from shipsync.errors import DatabaseCorrupt
from shipsync.set_aside import SetAside
from shipsync.warehouse import lock, runs
from shipsync.warehouse.database import connect
from shipsync.warehouse.ledger import migrate
from shipsync.warehouse.quarantine import Quarantine
from truth.synced_shop import Shop

from .alert_receiver import AlertReceiver, Behaviour, listening

KEY = "a-key-that-nobody-may-see"


@pytest.fixture
def receiver() -> Iterator[AlertReceiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def shop(receiver: AlertReceiver, tmp_path: Path) -> Shop:
    """A small account whose runs tell ``receiver``."""
    account = Account(seed=4)
    seed_account(account, shipments=5)
    return Shop(account, tmp_path, settings={"alerts": AlertSettings(Secret(receiver.url))})


def set_aside(shop: Shop, buyer: str = "Ann") -> None:
    """Have something of a label wait in the quarantine."""
    with connect(shop.database) as con:
        thing = SetAside("labels", f"{buyer} has no id.", {"ship_to": buyer}, position=1)
        Quarantine(con).put(thing)


def come_right(shop: Shop) -> None:
    with connect(shop.database) as con:
        con.execute("update ledger.quarantine set resolved_at = now(), resolution = 'gone'")


def test_what_begins_is_told_once_and_once_when_it_is_over(
    shop: Shop, receiver: AlertReceiver
) -> None:
    shop.sync()
    assert receiver.told() == []
    set_aside(shop)
    shop.sync()
    shop.sync()
    come_right(shop)
    shop.sync()
    shop.sync()

    assert receiver.told() == [(["quarantine/labels"], []), ([], ["quarantine/labels"])]
    began, over = (arrival.json for arrival in receiver.arrivals)
    assert began["account"] == "default"
    assert began["version"] == 1
    assert began["began"][0]["id"] == over["over"][0]["id"]
    assert began["open"] == began["began"]
    assert over["open"] == []
    assert over["over"][0]["ended_at"] > over["over"][0]["began_at"]
    assert began["began"][0]["message"] == (
        "1 thing of labels could not be used and waits in the quarantine. `shipsync quarantine list` "
        "shows what."
    )


def test_a_publish_that_fails_is_told_at_once_and_when_it_is_over(
    shop: Shop, receiver: AlertReceiver
) -> None:
    shop.sync()
    run_end.tell_of_publish(shop.connection)
    run_end.tell_of_publish(shop.connection)
    shop.sync()
    run_end.tell_of_publish(shop.connection)
    publish_went_well(shop.database)
    shop.sync()

    assert receiver.told() == [(["publish_failed/"], []), ([], ["publish_failed/"])]


def test_a_failed_publish_that_did_not_arrive_is_told_by_the_next_run(
    shop: Shop, receiver: AlertReceiver
) -> None:
    shop.sync()
    receiver.behaviour = 500
    run_end.tell_of_publish(shop.connection)
    receiver.behaviour = 204
    shop.sync()

    assert receiver.told() == [(["publish_failed/"], [])] * 2


def test_no_message_holds_a_buyer_or_a_secret(shop: Shop, receiver: AlertReceiver) -> None:
    shop.sync()
    set_aside(shop, buyer="Ann Example")
    with connect(shop.database) as con:
        run_id = runs.begin(con, "sync")
        runs.end(con, run_id, "failed", requests=1, error="Ann Example is refused")
    run_end.tell(shop.connection)

    said = b"".join(arrival.body for arrival in receiver.arrivals)
    assert receiver.told() == [(["run_failed/sync", "quarantine/labels"], [])]
    assert b"Ann" not in said
    assert b"emulator-key" not in said


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("hang", "The receiver of alerts gave no answer within 0.2 seconds."),
        ("trickle", "The receiver of alerts gave no answer within 0.2 seconds."),
        ("cut", "The receiver of alerts could not be reached (RemoteProtocolError)."),
        (500, "The receiver of alerts answered 500."),
        (302, "The receiver of alerts answered 302."),
    ],
)
def test_a_receiver_that_fails_holds_up_nothing_and_is_told_again_by_the_next_run(
    shop: Shop, receiver: AlertReceiver, behaviour: Behaviour, said: str
) -> None:
    receiver.behaviour = behaviour
    shop.sync()
    set_aside(shop)
    run_end.tell(shop.connection, patience=0.2)
    with connect(shop.database) as con:
        lost = last_error(con)
    receiver.behaviour = 204
    shop.sync()
    shop.sync()

    assert lost is not None
    assert lost[1] == said
    assert receiver.told() == [(["quarantine/labels"], [])] * 2
    first, second = (arrival.json["began"][0]["id"] for arrival in receiver.arrivals)
    assert first == second
    with connect(shop.database) as con:
        assert last_error(con) is None


def test_a_receiver_that_is_gone_fails_no_run(shop: Shop) -> None:
    with listening() as gone:
        url = gone.url
    shop.settings = {"alerts": AlertSettings(Secret(url))}
    shop.sync()
    set_aside(shop)

    assert shop.sync().report.failed == []
    with connect(shop.database) as con:
        lost = last_error(con)
    assert lost is not None
    assert lost[1] == "The receiver of alerts could not be reached (ConnectError)."


def test_what_was_over_before_anybody_was_told_is_not_told(
    shop: Shop, receiver: AlertReceiver
) -> None:
    receiver.behaviour = 500
    shop.sync()
    set_aside(shop)
    shop.sync()
    come_right(shop)
    receiver.behaviour = 200
    shop.sync()

    assert receiver.told() == [(["quarantine/labels"], [])]


def test_a_failed_run_is_told_and_a_good_one_after_it(
    tmp_path: Path, receiver: AlertReceiver
) -> None:
    shop = Shop(Account(seed=4, api_keys=("another",)), tmp_path)
    shop.settings = {"alerts": AlertSettings(Secret(receiver.url))}
    shop.sync()
    shop.account = Account(seed=4)
    shop.sync()

    began, over = receiver.told()
    assert began == (["run_failed/sync", "run_too_old/"], [])
    assert over == ([], ["run_failed/sync", "run_too_old/"])


def test_a_run_that_found_the_lock_held_for_an_hour_tells_it_once_and_the_holder_that_it_is_over(
    shop: Shop, receiver: AlertReceiver
) -> None:
    shop.sync()
    hour_ago = clock.now() - timedelta(minutes=61)
    with lock.hold(shop.database):
        file = shop.database.with_name(f"{shop.database.name}.lock")
        file.write_text(f"{os.getpid()} {hour_ago.isoformat()}")
        run_end.tell_of_lock(shop.connection)
        run_end.tell_of_lock(shop.connection)
    assert [alert.key for alert in told_outside(shop.database)] == ["lock_held/"]
    shop.sync()
    shop.sync()

    assert receiver.told() == [(["lock_held/"], []), ([], ["lock_held/"])]
    assert told_outside(shop.database) == []


def test_a_lock_that_is_held_for_a_minute_is_no_trouble(
    shop: Shop, receiver: AlertReceiver
) -> None:
    shop.sync()
    with lock.hold(shop.database), pytest.raises(Exception, match="Another run"):
        shop.sync()
    assert receiver.arrivals == []


def test_a_damaged_database_is_told_although_nothing_can_be_kept_in_it(
    shop: Shop, receiver: AlertReceiver
) -> None:
    shop.sync()
    whole = shop.database.read_bytes()
    shop.database.write_bytes(b"no database" * 1000)
    for _ in range(2):
        with pytest.raises(DatabaseCorrupt):
            shop.sync()
    shop.database.write_bytes(whole)
    shop.sync()

    assert receiver.told() == [(["run_failed/run"], []), ([], ["run_failed/run"])]


def test_slack_gets_its_own_form(shop: Shop, receiver: AlertReceiver) -> None:
    shop.settings = {"alerts": AlertSettings(Secret(receiver.url), form="slack")}
    shop.sync()
    set_aside(shop)
    shop.sync()

    (arrival,) = receiver.arrivals
    assert list(arrival.json) == ["text"]
    assert arrival.json["text"].startswith("shipsync, account default:\n- 1 thing of labels")


def test_healthchecks_is_pinged_at_the_end_of_each_run(shop: Shop, receiver: AlertReceiver) -> None:
    shop.settings = {"alerts": AlertSettings(Secret(receiver.url), form="healthchecks")}
    shop.sync()
    set_aside(shop)
    shop.sync()
    shop.sync()
    come_right(shop)
    shop.sync()

    paths = [arrival.path.split("?")[0] for arrival in receiver.arrivals]
    assert paths == ["/alerts", "/alerts/fail", "/alerts/fail", "/alerts"]
    assert receiver.arrivals[0].body.endswith(b"Nothing needs a person now.")


def test_the_same_condition_is_one_alert_however_its_numbers_change(tmp_path: Path) -> None:
    def waiting(count: int) -> Condition:
        return Condition(ConditionName.QUARANTINE, "labels", None, f"{count} things")

    with connect(tmp_path / "shop.duckdb") as con:
        migrate(con)
        book, now = AlertBook(con), clock.now()
        for count in (1, 2, 3):
            book.observe([waiting(count)], now + timedelta(minutes=count))
        (alert,) = book.untold()

    assert (alert.message, alert.opened_at) == ("3 things", now + timedelta(minutes=1))


def test_killed_while_it_tells_a_run_is_told_again_with_the_same_id(
    shop: Shop, receiver: AlertReceiver, tmp_path: Path
) -> None:
    with serve(shop.account) as served:
        shop.sync()
        set_aside(shop)
        receiver.behaviour = "hang"
        main = "from shipsync.cli import main; main()"
        program = [sys.executable, "-c", main, "sync", "--database", str(shop.database)]
        environ: dict[str, Any] = os.environ | {
            "SOURCES__SHIPSTATION__API_KEY": "emulator-key",
            "SOURCES__SHIPSTATION__BASE_URL": served.url,
            "ALERTS__URL": receiver.url,
        }
        with subprocess.Popen(program, env=environ, cwd=tmp_path, stderr=subprocess.PIPE) as run:
            assert receiver.arrived.wait(60), "the run told nothing"
            run.send_signal(signal.SIGKILL)
        assert run.returncode == -signal.SIGKILL
    receiver.behaviour = 200
    shop.sync()

    killed, after = (arrival.json for arrival in receiver.arrivals)
    assert killed["began"][0]["id"] == after["began"][0]["id"]
