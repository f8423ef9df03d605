"""``shipsync track``: where an order is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.tracking import Order, Parcel, ScanEvent

app = typer.Typer()


@app.command(epilog="Example: shipsync track '#10452' --live")
def track(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER",
            help="Shipment number, external shipment or order id, sales order or tracking number.",
        ),
    ],
    live: Annotated[
        bool, typer.Option("--live", help="Ask the account first, and keep what it says.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="List every scan below the answer.")
    ] = False,
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="CODE", help="Answer in this language, such as de."),
    ] = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Tell where an order is, in words for the buyer.

    It answers from the last sync; the age of the data is printed to standard error. A # or a
    shop's prefix (ACME-10452) may be given or left out.
    """
    from shipsync import clock, settings
    from shipsync.tracking import document, load_wording, told
    from shipsync.tracking import track as find

    local = settings.local(connection, database=database)
    words = load_wording(
        language or local.tracking_language,
        local.tracking_wording,
        promises=local.tracking_promises,
    )
    if live:
        found = _asked(order, connection, database)
    else:
        options.local(connection, database)  # says what to do where there is no database yet
        found = find(order, connection=connection, database=database)
    now = clock.now()
    if as_json:
        output.show_json(document(found, now, words))
        return
    output.say(told(found, now, words))
    if events:
        for line in _scans(found):
            output.say(line)
    output.note(age(found.known_at, now, live=live))


def age(known_at: datetime | None, now: datetime, *, live: bool) -> str:
    """How old an answer is, and how to get a newer one."""
    if known_at is None:
        return "Nobody has asked the account about it yet; --live does."
    passed = now - known_at
    moment = output.cell(known_at)
    if passed < timedelta(minutes=1):
        return f"Known as of {moment}, just now."
    minutes = int(passed.total_seconds() // 60)
    if minutes >= 2 * 1440:
        age = counted(minutes // 1440, "day")
    elif minutes >= 2 * 60:
        age = counted(minutes // 60, "hour")
    else:
        age = counted(minutes, "minute")
    if live:
        return f"Known as of {moment}, {age} ago."
    return f"Known as of {moment}, {age} ago; --live asks again."


def _asked(order: str, connection: str, database: Path | None) -> Order:
    from shipsync.api.session import Session
    from shipsync.tracking.live import ask

    account = options.account(connection, database)
    with Session(account, urgent=True) as session:
        return ask(account, session, order)


def _scans(order: Order) -> Iterator[str]:
    for parcel in order.parcels:
        yield ""
        yield _heading(parcel)
        for event in parcel.events:
            yield f"  {_scan(event)}"


def _heading(parcel: Parcel) -> str:
    from shipsync.tracking.wording import carrier_name

    named = (carrier_name(parcel.carrier), parcel.tracking_number)
    heading = " ".join(part for part in named if part) or parcel.shipment_id
    return heading if parcel.events else f"{heading}: no scans"


def _scan(event: ScanEvent) -> str:
    place = ", ".join(part for part in (event.city_locality, event.state_province) if part)
    # The local time of the place is what the carrier's own page shows.
    when = output.cell(event.carrier_occurred_at or event.occurred_at)
    return " · ".join(part for part in (when, event.description, place) if part)
