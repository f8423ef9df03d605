"""What an app does around its routes: the clock after writes, what is logged."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pendulum
import pytest

from emulator.conftest import client_of, create, make_account
from emulator.test_conformance import SHIPMENT

STILL = pendulum.datetime(2026, 4, 6, 9, 0, 0, microsecond=700_000)


@pytest.mark.parametrize(("seconds", "is_over"), [(0, False), (1, True)])
def test_what_is_written_lies_before_the_next_answers_date(seconds: float, is_over: bool) -> None:
    account = make_account(shipments=0, seconds_per_write=seconds)
    account.clock.move_to(STILL)
    with client_of(account) as client:
        (made,) = create(client, SHIPMENT)["shipments"]
        read = parsedate_to_datetime(client.get("/v2/shipments").headers["date"])
        again = parsedate_to_datetime(client.get("/v2/shipments").headers["date"])
    assert (read >= pendulum.parse(made["created_at"])) is is_over
    assert again == read


def test_every_request_is_logged_in_its_order() -> None:
    account = make_account(shipments=3)
    with client_of(account) as client:
        client.get("/v2/shipments", params={"page_size": 2})
        client.get("/v2/nothing")
    logged = [(line.method, line.path, line.query, line.status) for line in account.requests]
    assert logged == [
        ("GET", "/v2/shipments", "page_size=2", 200),
        ("GET", "/v2/nothing", "", 404),
    ]
