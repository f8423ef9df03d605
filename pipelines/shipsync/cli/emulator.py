"""``shipsync emulator``: a ShipStation account on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output
from shipsync.errors import UsageError

if TYPE_CHECKING:
    from shipsync.emulator import Account
    from shipsync.emulator.simulation.simulation import Simulation

app = typer.Typer()

API_KEY = "emulator-key"
_DO_WHAT_IS_DUE_SECONDS = 0.2


@app.command(epilog="Example: shipsync emulator --port 8765 --pace 1440 --option ties=shuffled")
def emulator(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Listen here; 0 takes a free port.")
    ] = 8765,
    seed: Annotated[int, typer.Option("--seed", help="Make another account of the same kind.")] = 7,
    shipments: Annotated[
        int, typer.Option("--shipments", min=0, help="Give the account so many shipments.")
    ] = 500,
    orders: Annotated[
        float, typer.Option("--orders", min=0, help="So many new orders a day come in.")
    ] = 40,
    pace: Annotated[
        float,
        typer.Option(
            "--pace", min=0, max=100_000, help="Its time runs so many times as fast as ours."
        ),
    ] = 1,
    chosen: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="NAME=VALUE",
            help="Choose how it behaves where the documentation is silent; can be repeated.",
        ),
    ] = None,
    observed: Annotated[
        bool,
        typer.Option("--observed", help="Switch on everything that was seen of live accounts."),
    ] = False,
    show_options: Annotated[
        bool,
        typer.Option("--options", help="Show what --option can choose, and what is known of it."),
    ] = False,
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Serve an emulated ShipStation account on this machine.

    It listens on 127.0.0.1 until interrupted, and says how to point shipsync at it. Time passes in
    it: orders come, labels are bought, parcels travel and stock is drawn. With --pace 1440 a day
    passes in a minute, with --pace 0 its clock stands still but for a second after each write. It
    allows 200 requests a minute, as ShipStation does, unless --option requests_per_minute says
    otherwise.
    """
    if show_options:
        _show_options(as_json=as_json)
        return
    from shipsync.emulator import serve
    from shipsync.emulator.simulation.seed import seed_account
    from shipsync.emulator.simulation.simulation import Simulation

    account = _account(seed, pace, chosen or [], observed=observed)
    seed_account(account, shipments=shipments)
    simulation = Simulation(account, orders_per_day=orders)
    try:
        with serve(account, port) as served:
            if as_json:
                output.show_json({"url": served.url, "api_key": API_KEY, "seed": seed})
            else:
                _tell(served.url, connection, database)
            run_until_stopped(simulation, threading.Event().wait)
    except KeyboardInterrupt:
        output.remark("Stopped; the account is gone.")
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be listened on ({error.strerror}). Name another with --port, or 0 "
            "for any that is free."
        ) from None


def _account(seed: int, pace: float, chosen: list[str], *, observed: bool) -> Account:
    from dataclasses import replace

    from shipsync import clock
    from shipsync.emulator import Account, Options
    from shipsync.emulator.option_values import options_from

    base = Options.observed() if observed else Options()
    try:
        how = options_from(chosen, replace(base, requests_per_minute=200))
    except ValueError as error:
        raise UsageError(f"{error} `shipsync emulator --options` shows them all.") from None
    return Account(
        seed=seed,
        options=how,
        start=clock.SystemPacing().now(),
        api_keys=(API_KEY,),
        elapsed=lambda: time.monotonic() * pace,
        rate_clock=time.monotonic,
        seconds_per_write=0 if pace else 1,
    )


def _show_options(*, as_json: bool) -> None:
    from shipsync.emulator.option_values import described_options
    from shipsync.queries import ResultRows

    rows = [(o.name, o.default, o.values, o.mark, o.text) for o in described_options()]
    output.show(
        ResultRows(("option", "default", "values", "mark", "meaning"), rows), as_json=as_json
    )
    if not as_json:
        output.remark(
            "Marks: O official text, C captured answer, T a third party's statement, I inferred, "
            "? not established."
        )


def run_until_stopped(simulation: Simulation, wait: Callable[[float], bool]) -> None:
    """Do what has become due, again and again; ``wait`` takes seconds and says whether it is over."""
    while not wait(_DO_WHAT_IS_DUE_SECONDS):
        simulation.run(0)


def _tell(url: str, connection: str, database: Path | None) -> None:
    name = "" if connection == "default" else f"{connection.upper()}__"
    arguments = "" if connection == "default" else f" --connection {connection}"
    output.say(f"An emulated ShipStation account answers at {url}; its key is {API_KEY}.")
    output.say("In another shell:")
    output.say(f"  export SOURCES__SHIPSTATION__{name}BASE_URL={url}")
    output.say(f"  export SOURCES__SHIPSTATION__{name}API_KEY={API_KEY}")
    file = database or "data/emulated.duckdb"
    output.say(f"  export SOURCES__SHIPSTATION__{name}DATABASE={file}")
    output.say(f"  shipsync run{arguments}")
    output.remark("Stop it with Ctrl-C.")
