"""How fast the feed is read and delivered: ``python tests/bench/feed.py [--events N]``.

Reads the next 10,000 of N events (1,000,000) from three places, with and without a filter, and writes
them as JSON Lines and as CloudEvents; then delivers 10,000 in batches to an endpoint on loopback,
signed. Wall and processor seconds of each. How fast changes become events: ``change_sets.py``.
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb

from feed.made_events import open_shop
from shipsync.connection import Secret
from shipsync.feed.consumers import Selection, read_after, rewind
from shipsync.feed.delivery import Delivery
from shipsync.feed.endpoint import Endpoint
from shipsync.feed.events import ChangeEvent, cloud_line, line
from shipsync.warehouse.database import connect

BATCH = 10_000
# Every second event is a modification, every seventh of those a touch.
FILL = """
insert into changes.events
select
    n,
    md5(n::varchar),
    ['new_shipment', 'shipment_modified', 'fulfillment_shipped', 'shipment_modified'][1 + n % 4],
    'se-' || n % 200000,
    'se-' || n % 200000,
    timestamptz '2026-01-01 00:00:00+00' + interval (n) second,
    timestamptz '2026-01-01 00:00:00+00' + interval (n) second,
    '1.0',
    n % 14 = 7,
    if(is_change, ['items', 'shipment_status', 'zone'], []),
    if(is_change, '{"items":[' || items || '],"shipment_status":"pending","zone":' || n || '}', null),
    if(is_change, '{"items":[],"shipment_status":"cancelled","zone":' || n + 1 || '}', null)
from (
    select
        n,
        n % 2 = 1 and n % 14 <> 7 as is_change,
        repeat('{"sku":"MUG","quantity":1,"unit_price":{"amount":12.5,"currency":"usd"}},', 2)
            || '{"sku":"' || n || '","quantity":2,"options":[{"name":"Gift","value":null}]}' as items
    from range(1, $events + 1) as numbers(n)
)
"""


def say(line: str) -> None:
    """Print ``line``."""
    sys.stdout.write(line + "\n")


def read_from(con: duckdb.DuckDBPyConnection, events: int) -> None:
    """Print how long the next 10,000 take."""
    every, narrow = Selection(), Selection(("new_shipment",), with_touches=False)
    for after in (0, events // 2, events - BATCH):
        for name, selection in (("all", every), ("new shipments", narrow)):
            wall, cpu = time.perf_counter(), time.process_time()
            batch = read_after(con, after, selection=selection, limit=BATCH)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            count = len(batch.events)
            assert count == (BATCH if selection is every else min(BATCH, (events - after) // 4))
            say(
                f"read after {after:,}, {name}: {count:,} in {wall:.2f} s ({cpu:.2f} s of processor)"
            )
            if selection is every:
                write(batch.events)


def write(events: Sequence[ChangeEvent]) -> None:
    """Print how long it takes to make lines of ``events``."""
    forms = {"JSON Lines": line, "CloudEvents": partial(cloud_line, source="/bench")}
    for name, form in forms.items():
        began = time.perf_counter()
        written = sum(len(form(event)) for event in events)
        say(f"    as {name}: {written / 1e6:.1f} MB in {time.perf_counter() - began:.2f} s")


@contextmanager
def listening() -> Iterator[str]:
    """The address of an endpoint that takes everything."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def deliver(con: duckdb.DuckDBPyConnection, events: int) -> None:
    """Print how long the last 10,000 take to an endpoint."""
    rewind(con, "bench", events - BATCH + 1)
    secret = Secret(base64.b64encode(bytes(32)).decode())
    with listening() as url, closing(Endpoint(url, source="/bench", secret=secret)) as endpoint:
        wall, cpu = time.perf_counter(), time.process_time()
        report = Delivery(con, "bench", endpoint).deliver()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert report.delivered == BATCH
    say(f"deliver: {report.delivered:,} in {wall:.2f} s ({cpu:.2f} s of processor, both ends)")


def main() -> None:
    """Make the events, run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory() as name:
        with open_shop(Path(name)) as con:
            con.execute(FILL, {"events": events})
        with connect(Path(name) / "shop.duckdb") as con:
            read_from(con, events)
            deliver(con, events)


if __name__ == "__main__":
    main()
