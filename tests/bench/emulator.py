"""How fast the emulator is: seconds to seed shipments, and pages of 500 a second over HTTP.

Run it with ``python tests/bench/emulator.py [SHIPMENTS]`` (default 200000). The client is a process of
its own on the same machine; it reads whole bodies and parses nothing.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import httpx

from shipsync.emulator import Account, serve
from shipsync.emulator.simulation.seed import seed_account

_PAGE_SIZE = 500
_MOST_PAGES = 400


def main(shipments: int) -> None:
    """Print the figures."""
    account = Account(seed=11)
    began, worked = time.perf_counter(), time.process_time()
    seed_account(account, shipments=shipments)
    seeded, worked = time.perf_counter() - began, time.process_time() - worked
    say(f"seed {shipments:,} shipments, labels, tracking: {seeded:.1f} s ({worked:.1f} s of CPU)")
    pages = min(_MOST_PAGES, -(-shipments // _PAGE_SIZE))
    with serve(account) as served, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for order in ("created_at", "modified_at"):
            took, size = pool.submit(walk, served.url, order, pages).result()
            say(f"list {pages} pages by {order}: {pages / took:.0f} pages/s of {size:.1f} MB")


def walk(url: str, order: str, pages: int) -> tuple[float, float]:
    """Seconds for reading that many pages, and the mean size of one in megabytes."""
    size = 0
    params = {"sort_by": order, "sort_dir": "asc", "page_size": str(_PAGE_SIZE)}
    with httpx.Client(base_url=url, headers={"api-key": "emulator-key"}) as client:
        began = time.perf_counter()
        for page in range(1, pages + 1):
            answer = client.get("/v2/shipments", params={**params, "page": str(page)})
            size += len(answer.raise_for_status().content)
            assert answer.content.count(b'"shipment_id"') >= 1
        return time.perf_counter() - began, size / pages / 1e6


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
