"""A date that comes as an instant is a day of the account's zone, in Python as in the models."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
import jinja2
import pytest

from shipsync.account_day import local_day, start_of, written_day
from shipsync.errors import ConfigurationError
from shipsync.merchant import Merchant
from shipsync.warehouse.sql_project import sql_dir

PACIFIC, SYDNEY = "America/Los_Angeles", "Australia/Sydney"

# What was written, where the account is, the day that is meant.
WRITTEN = {
    **{
        (f"2026-{month}-15T{hour}:00:00Z", zone): f"2026-{month}-15"
        for month in ("01", "07")
        for hour in ("00", "05", "06", "07", "08", "12")
        for zone in (PACIFIC, "America/New_York", "UTC")
    },
    **{(f"2026-07-15T{hour}:00:00Z", SYDNEY): "2026-07-15" for hour in ("00", "07", "08", "12")},
    # Midnight there, in winter and in summer, and where days begin at half past.
    ("2026-07-14T14:00:00Z", SYDNEY): "2026-07-15",
    ("2026-01-14T13:00:00Z", SYDNEY): "2026-01-15",
    ("2026-01-14T18:30:00Z", "Asia/Kolkata"): "2026-01-15",
    # A moment that is no midnight is what the clock on the wall says.
    ("2026-01-16T05:30:01Z", PACIFIC): "2026-01-15",
    ("2026-03-08T09:59:59Z", PACIFIC): "2026-03-08",
    ("2026-11-01T07:00:00Z", PACIFIC): "2026-11-01",
    ("2026-11-02T08:00:00Z", PACIFIC): "2026-11-02",
}


@pytest.mark.parametrize(("written", "zone"), WRITTEN)
def test_a_written_day(written: str, zone: str) -> None:
    day = date.fromisoformat(WRITTEN[written, zone])

    assert written_day(datetime.fromisoformat(written), ZoneInfo(zone)) == day
    assert macro("written_date", written, zone) == day


def test_a_local_day_is_that_of_the_wall() -> None:
    moment = datetime(2026, 1, 15, 7, 59, 59, tzinfo=UTC)

    assert local_day(moment, ZoneInfo(PACIFIC)) == date(2026, 1, 14)
    assert macro("local_date", moment.isoformat(), PACIFIC) == date(2026, 1, 14)


def test_days_begin_where_the_account_is() -> None:
    starts = [start_of(date(2026, month, 15), ZoneInfo(PACIFIC)) for month in (1, 7)]

    assert [start.astimezone(UTC).hour for start in starts] == [8, 7]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"timezone": "Pacific"}, "timezone is 'Pacific', which is no zone"),
        ({"timezone": ""}, "which is no zone"),
        ({"timezone": "../etc/passwd"}, "which is no zone"),
        ({"sla_hours": 0}, "sla_hours is 0; 1 to 8760 are allowed"),
        ({"service_level": 1.0}, "service_level is 1; 0.5 to 0.9999"),
    ],
)
def test_what_no_merchant_can_mean_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Merchant(**given)  # type: ignore[arg-type]


def macro(name: str, moment: str, zone: str) -> object:
    """What a macro makes of an instant for a reader whose session is in another zone again."""
    macros = (sql_dir() / "macros" / "instants.sql").read_text(encoding="utf-8")
    query = "from (select $1::timestamptz as moment) select {{ " + name + "('moment') }}"
    sql = jinja2.Environment().from_string(macros + query).render(var=lambda _: zone)
    with duckdb.connect() as con:
        con.execute("set timezone = 'Asia/Tokyo'")
        row = con.execute(sql, [moment]).fetchone()
    assert row is not None
    return row[0]
