"""``shipsync changes read``, ``ack``, ``rewind`` and ``consumers``: the feed of change events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output, times

if TYPE_CHECKING:
    import duckdb

app = typer.Typer()


class Trigger(StrEnum):
    """The kinds of change, as words of a command line."""

    NEW_SHIPMENT = "new_shipment"
    SHIPMENT_MODIFIED = "shipment_modified"
    SHIPMENT_GONE = "shipment_gone"
    NEW_FULFILLMENT = "new_fulfillment"
    FULFILLMENT_MODIFIED = "fulfillment_modified"
    FULFILLMENT_SHIPPED = "fulfillment_shipped"


Name = Annotated[
    str, typer.Option("--consumer", metavar="NAME", help="The consumer whose offset counts.")
]
Triggers = Annotated[
    list[Trigger] | None,
    typer.Option("--trigger", help="Take this kind of change only; repeat it for several."),
]
NoTouches = Annotated[
    bool, typer.Option("--no-touches", help="Leave out changes that moved nothing but modified_at.")
]
WithObject = Annotated[
    bool,
    typer.Option("--with-object", help="Add the whole shipment or fulfillment as it is now."),
]
Create = Annotated[
    bool, typer.Option("--create", help="Begin with a consumer that is not known yet.")
]


class Format(StrEnum):
    """How an event is written on its line."""

    JSONL = "jsonl"
    CLOUDEVENTS = "cloudevents"


@app.command("read", epilog="Example: shipsync changes read --consumer billing --limit 100")
def read_changes(
    consumer: Name,
    triggers: Triggers = None,
    no_touches: NoTouches = False,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", min=1, max=options.MOST_ROWS, help="Read at most this many events."
        ),
    ] = 1000,
    form: Annotated[
        Format, typer.Option("--format", help="Write each event in this form, one a line.")
    ] = Format.JSONL,
    with_object: WithObject = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Read the next events for a consumer, oldest first.

    The same ones come again until they are acknowledged. A name never seen begins with the first
    event. --json gives one document that also says what to acknowledge.
    """
    from shipsync.feed import consumers
    from shipsync.feed.events import cloud_line, line, plain, source_of
    from shipsync.warehouse.copies import readable

    local = options.local(connection, database)
    with readable(local.database, is_ledger=True) as con:
        is_known = consumers.is_known(con, consumer)
        batch = consumers.read(
            con,
            consumer,
            selection=consumers.Selection(
                tuple(trigger.value for trigger in triggers or ()), not no_touches
            ),
            limit=limit,
            with_object=with_object,
        )
    if as_json:
        output.show_json({"events": [plain(e) for e in batch.events], "up_to": batch.up_to})
        return
    source = source_of(connection)
    texts = (
        line(event) if form is Format.JSONL else cloud_line(event, source) for event in batch.events
    )
    output.write(b"".join(texts).decode())
    if is_known:
        output.remark(f"Acknowledge: shipsync changes ack {batch.up_to} --consumer {consumer}")
    else:
        output.remark(
            f"Acknowledge: shipsync changes ack {batch.up_to} --consumer {consumer} --create"
        )


@app.command("ack", epilog="Example: shipsync changes ack 1200 --consumer billing")
def acknowledge_changes(
    sequence: Annotated[
        int, typer.Argument(metavar="SEQUENCE", help="The last event taken care of.")
    ],
    consumer: Name,
    create: Create = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Acknowledge all events up to a number.

    The consumer reads on behind it. Saying it again, or saying less, changes nothing. The first time
    takes --create, so that no slip of the pen makes a consumer. Exit code 5 without it.
    """
    from shipsync.feed import consumers

    with open_ledger(options.local(connection, database).database) as con:
        if not create:
            consumers.check_known(con, consumer)
        consumers.acknowledge(con, consumer, sequence)
        reached = consumers.acknowledged(con, consumer)
    if as_json:
        output.show_json({"consumer": consumer, "acknowledged": reached})
    else:
        output.remark(f"{consumer} has taken care of everything up to {reached}.")


@app.command("rewind", epilog="Example: shipsync changes rewind --consumer billing --to 2026-01-31")
def rewind_consumer(
    consumer: Name,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="SEQUENCE|TIME|end",
            help="Begin with this event, the first detected since then (2026-01-31, 7d), or the next.",
        ),
    ],
    create: Create = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Choose the event that a consumer reads next.

    Back to read again, or ahead to leave out: `--to end` begins with what comes next. A consumer that
    is not known yet takes --create. Exit code 5 without it.
    """
    from shipsync.feed import consumers

    with open_ledger(options.local(connection, database).database) as con:
        if not create:
            consumers.check_known(con, consumer)
        first = consumers.rewind(con, consumer, _place(to))
    if as_json:
        output.show_json({"consumer": consumer, "next": first})
    else:
        output.remark(f"{consumer} reads event {first} next.")


def _place(text: str) -> int | datetime | None:
    if text == "end":
        return None
    return int(text) if text.isdecimal() else times.instant(text)


@app.command("consumers", epilog="Example: shipsync changes consumers --json")
def list_consumers(
    remove: Annotated[
        str | None,
        typer.Option(
            "--remove",
            metavar="NAME",
            help="Forget this one first: its offset, its dead letters, its pause.",
        ),
    ] = None,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """List consumers, how far each has come and its lag."""
    from shipsync.feed import consumers
    from shipsync.queries import ResultRows
    from shipsync.warehouse.copies import readable

    local = options.local(connection, database)
    if remove is not None:
        with open_ledger(local.database) as con:
            consumers.remove(con, remove)
        output.remark(f"Consumer {remove} is forgotten; the events stay.")
    with readable(local.database, is_ledger=True) as con:
        found = [asdict(consumer) for consumer in consumers.consumers(con)]
    columns = ("consumer", "acknowledged", "lag", "waiting_since", "dead", "paused_because")
    output.show(
        ResultRows(columns, [[row[column] for column in columns] for row in found]), as_json=as_json
    )


@contextmanager
def open_ledger(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database open for writing, while no run is at work on it, its ledger up to date."""
    from shipsync.warehouse import lock
    from shipsync.warehouse.database import connect, explained
    from shipsync.warehouse.ledger import migrate

    with lock.hold(file), explained(file), connect(file) as con:
        migrate(con)
        yield con
