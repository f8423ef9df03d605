"""``shipsync changes deliver`` and ``retry``: the feed, sent to where it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.cli.consumers import Name, NoTouches, Triggers, WithObject, open_ledger
from shipsync.plurals import counted

if TYPE_CHECKING:
    from shipsync.feed.delivery import Delivery, DeliveryReport, Effort

app = typer.Typer()

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="URL|FILE|FOLDER|-",
        help="Send to an https address, FILE.jsonl, or FOLDER/ for Parquet; left out: deliver_to.",
    ),
]
BatchSize = Annotated[
    int, typer.Option("--batch", min=1, max=10_000, help="Send this many events per batch.")
]
Attempts = Annotated[
    int,
    typer.Option(
        "--attempts", min=1, max=20, help="Send an event this often before it is a dead letter."
    ),
]
Budget = Annotated[
    float,
    typer.Option(
        "--budget",
        min=0,
        metavar="SECONDS",
        help="Wait this long for a receiver that is unavailable.",
    ),
]


@app.command(
    "deliver",
    epilog="Example: shipsync changes deliver --consumer hook --to https://example.com/events",
)
def deliver_changes(
    consumer: Name,
    to: To = None,
    triggers: Triggers = None,
    no_touches: NoTouches = False,
    with_object: WithObject = False,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            min=1,
            max=options.MOST_ROWS,
            help="Send at most this many; the rest goes out next time.",
        ),
    ] = None,
    batch_size: BatchSize = 200,
    attempts: Attempts = 5,
    budget: Budget = 60.0,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Send a consumer the events it has not been sent.

    Exit code 1 when the receiver took no more: the rest goes out next time. Exit code 3 when events
    went dead or the receiver is gone.
    """
    from shipsync.feed.consumers import Selection
    from shipsync.feed.delivery import Effort

    selection = Selection(tuple(trigger.value for trigger in triggers or ()), not no_touches)
    effort = Effort(batch_size, attempts, budget)
    _carry_out(
        lambda delivery: delivery.deliver(
            selection=selection, limit=limit, with_object=with_object
        ),
        _Order(consumer, to, effort, connection, database),
        as_json=as_json,
    )


@app.command("retry", epilog="Example: shipsync changes retry --consumer hook")
def retry_dead_letters(
    consumer: Name,
    to: To = None,
    with_object: WithObject = False,
    attempts: Attempts = 5,
    budget: Budget = 60.0,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Send dead events again, and lift a pause.

    Each goes out alone, in order; what is refused again stays dead, and so does what waits behind it.
    Exit codes are those of `changes deliver`.
    """
    from shipsync.feed.delivery import Effort

    _carry_out(
        lambda delivery: delivery.retry(with_object=with_object),
        _Order(consumer, to, Effort(1, attempts, budget), connection, database),
        as_json=as_json,
    )


def say_how_it_ended(report: DeliveryReport, *, to_was_given: bool = False) -> int:
    """Say on standard error what must not go unseen; returns the exit code that it means."""
    # The address itself may be what authorises a sender, so it is not said again.
    retry = f"`shipsync changes retry --consumer {report.consumer}`"
    if to_was_given:
        retry = f"{retry} with the same --to"
    if report.outcome == "paused":
        output.note(
            f"Delivery to {report.consumer} is paused: {report.reason}. When the receiver is back, run "
            f"{retry}."
        )
    if report.outcome == "stopped":
        output.note(
            f"Delivery to {report.consumer} stopped after event {report.acknowledged}: "
            f"{report.reason}. The rest goes out next time."
        )
    if report.dead:
        output.note(
            f"Consumer {report.consumer} has {counted(report.dead, 'dead letter')}; the reasons are in "
            f"ledger.dead_letters. To send them again, run {retry}."
        )
    if report.dead or report.outcome == "paused":
        return 3
    return 1 if report.outcome == "stopped" else 0


@dataclass(frozen=True)
class _Order:
    """What to deliver from and to, as the command line has it."""

    consumer: str
    to: str | None
    effort: Effort
    connection: str
    database: Path | None


def _carry_out(act: Callable[[Delivery], DeliveryReport], order: _Order, *, as_json: bool) -> None:
    from shipsync.errors import UsageError
    from shipsync.feed.delivery import Delivery
    from shipsync.feed.events import source_of
    from shipsync.feed.target import open_target

    local = options.local(order.connection, order.database)
    to = order.to or local.deliver_to
    if to is None:
        raise UsageError("No receiver is named. Give --to, or set deliver_to in the settings.")
    target = open_target(to, source=source_of(order.connection), secret=local.deliver_secret)
    with closing(target), open_ledger(local.database) as con:
        report = act(Delivery(con, order.consumer, target, order.effort))
    if as_json and to != "-":
        output.show_json(asdict(report))
    else:
        events = counted(report.delivered, "event was", "events were")
        output.remark(f"{events} delivered to {report.consumer}.")
    code = say_how_it_ended(report, to_was_given=order.to is not None)
    if code:
        raise typer.Exit(code)
