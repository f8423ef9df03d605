"""How fast shipments come in, against plain dlt and against a floor written by hand, in one run.

    .venv/bin/python tests/bench/extract.py [--shipments 100000] [--plain 10000] [--large 1000000]
    .venv/bin/python tests/bench/extract.py --first 1000000

An emulated account is served from a process of its own. Each contender runs in a fresh process on the
same pages, and reports its wall time and its peak memory:

- ``shipsync``: the sync of the shipments stream into an empty database, history and lines included.
- ``floor``: httpx, orjson, Arrow and a straight insert of the same four tables; no history, no hash,
  nothing kept for a second run.
- ``plain dlt``: dlt's ``rest_api`` source as its documentation shows it, with its defaults, on a
  smaller account (``--plain``), since it takes minutes on the larger one.

Then a run with nothing new, and a run with 1,000 changed rows into the held ones, and into ``--large``
of them (made by copying rows inside the database; 0 leaves it out).

With ``--first`` alone the first extract of so many is measured: its peak memory and the longest log.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from contenders import by_hand, ours, plain_dlt


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shipments", type=int, default=100_000)
    parser.add_argument("--plain", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, help="measure a first extract of so many, and no more")
    options = parser.parse_args()
    if options.first:
        measure_first(options.first)
        return
    with tempfile.TemporaryDirectory() as folder, served(options.shipments) as url:
        ours = run("shipsync", url, Path(folder) / "ours.duckdb")
        floor = run("floor", url, Path(folder) / "floor.duckdb")
        show("shipsync", ours)
        show("floor", floor)
        assert ours["rows"] == floor["rows"] == options.shipments
        nothing = run("shipsync", url, Path(folder) / "ours.duckdb")
        show("nothing new", nothing)
        assert nothing["rows"] == 0
        touch(url, 1_000)
        changed = run("shipsync", url, Path(folder) / "ours.duckdb")
        show("1,000 changed", changed)
        assert changed["rows"] == 1_000
        large = None
        if options.large:
            multiply(Path(folder) / "ours.duckdb", options.large)
            touch(url, 1_000)
            large = run("shipsync", url, Path(folder) / "ours.duckdb")
            show(f"1,000 changed into {options.large:,}", large)
            assert large["rows"] == 1_000
    with tempfile.TemporaryDirectory() as folder, served(options.plain) as url:
        plain = run("plain", url, Path(folder) / "plain.duckdb")
        show("plain dlt", plain)
        assert plain["rows"] == options.plain
    say(f"times plain dlt's rows a second: {speed(ours) / speed(plain):.1f} (aim: at least 4)")
    say(
        f"times the floor's wall time:     {ours['seconds'] / floor['seconds']:.2f} (aim: at most 1.5)"
    )
    say(f"peak memory of shipsync:         {ours['peak_mb']:.0f} MB (aim: under 700)")
    say(f"nothing new:                     {nothing['process_seconds']:.2f} s (aim: under 2)")
    if large:
        ratio = large["seconds"] / changed["seconds"]
        say(
            f"{options.large:,} held against {options.shipments:,}: {ratio:.2f} times (aim: at most 1.5)"
        )


def measure_first(shipments: int) -> None:
    """A first extract at full speed: its memory, and how long DuckDB's log becomes."""
    with tempfile.TemporaryDirectory() as folder, served(shipments) as url:
        first = run("shipsync", url, Path(folder) / "first.duckdb")
        assert first["rows"] == shipments, first
        show("first extract", first)
        say(f"peak memory: {first['peak_mb']:.0f} MB (aim: under 900)")
        say(f"longest log: {first['log_mb']:.0f} MB (aim: under 200)")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show(name: str, found: dict[str, float]) -> None:
    say(
        f"{name:32} {found['rows']:>9,} rows {found['seconds']:8.2f} s {speed(found):9,.0f} rows/s "
        f"{found['peak_mb']:6.0f} MB peak {found['requests']:5} requests"
    )


def speed(found: dict[str, float]) -> float:
    return found["rows"] / found["seconds"]


def run(contender: str, url: str, database: Path) -> dict[str, float]:
    """Run one contender in a fresh process; its last line is what it found."""
    began = time.monotonic()
    command = [sys.executable, __file__, "--contender", contender, url, str(database)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "process_seconds": time.monotonic() - began}


@contextmanager
def served(shipments: int, *, labels: bool = False) -> Iterator[str]:
    """An account in a process of its own, which ends with the block."""
    command = [sys.executable, __file__, "--serve", str(shipments), *["labels"] * labels]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def serve_account(shipments: int, *, labels: bool) -> None:
    """Serve until killed; POST /touch/N modifies N shipments. Prints the address first."""
    import uvicorn

    from shipsync.emulator import Account, asgi_app
    from shipsync.emulator.simulation.seed import seed_account

    account = Account(seed=1)
    seed_account(account, shipments=shipments, labels=labels)
    account.clock.advance(hours=1)
    inner = asgi_app(account)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/touch/"):
            count = int(scope["path"].rpartition("/")[2])
            for shipment_id in account.ids("shipments")[:count]:
                account.orders.change(shipment_id, internal_notes=f"at {account.clock.now()}")
            account.clock.advance(minutes=20)
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await inner(scope, receive, send)

    # The account's own clock gives the Date.
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", date_header=False
    )
    listening = config.bind_socket()
    say(f"http://127.0.0.1:{listening.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[listening])


def touch(url: str, count: int) -> None:
    import httpx

    httpx.post(f"{url}/touch/{count}", timeout=60).raise_for_status()


def multiply(database: Path, wanted: int) -> None:
    """Copy held shipments, with new ids and hashes, until there are ``wanted``."""
    from shipsync.warehouse.database import connect

    con = connect(database)
    held = con.sql("select count(*) from raw.shipments where _dlt_valid_to is null").fetchone()
    assert held is not None
    copies = -(-wanted // held[0])
    con.execute(
        """
        insert into raw.shipments
        select shipments.* replace (
            shipment_id || '-' || copy as shipment_id,
            md5(content_hash || copy) as content_hash,
            -- older than anything that is read again
            modified_at - interval 1 year as modified_at
        )
        from raw.shipments, range(1, $copies) as copies (copy)
        where _dlt_valid_to is null
        """,
        {"copies": copies},
    )
    con.close()


def contend(contender: str, url: str, database: Path) -> None:
    began = time.monotonic()
    log = database.with_name(f"{database.name}.wal")
    longest, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            with suppress(FileNotFoundError):
                longest[0] = max(longest[0], log.stat().st_size)

    watching = threading.Thread(target=watch)
    watching.start()
    rows, requests = {"shipsync": ours, "floor": by_hand, "plain": plain_dlt}[contender](
        url, database
    )
    is_over.set()
    watching.join()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.monotonic() - began
    say(
        json.dumps(
            {
                "rows": rows,
                "requests": requests,
                "seconds": seconds,
                "peak_mb": peak,
                "log_mb": longest[0] / 1e6,
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contender"]:
        contend(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    elif sys.argv[1:2] == ["--serve"]:
        serve_account(int(sys.argv[2]), labels=sys.argv[3:] == ["labels"])
    else:
        main()
