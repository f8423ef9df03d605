"""How fast the emulator is: seconds to seed shipments, and pages of 500 a second over HTTP.

Run it with ``python tests/bench/emulator.py [SHIPMENTS]`` (default 200000). Server and client share
this process's machine; the client reads whole bodies and parses nothing.
"""

from __future__ import annotations

import sys
import time

import httpx

from shipsync.emulator import Account, serve
from shipsync.emulator.seed import seed_account

_PAGE_SIZE = 500
_MOST_PAGES = 400


def main(shipments: int) -> None:
    """Print the figures."""
    account = Account(seed=11)
    began = time.perf_counter()
    seed_account(account, shipments=shipments)
    seeded = time.perf_counter() - began
    say(f"seed {shipments:,} shipments with their labels and tracking: {seeded:.1f} s")
    pages = min(_MOST_PAGES, -(-shipments // _PAGE_SIZE))
    with (
        serve(account) as served,
        httpx.Client(base_url=served.url, headers={"api-key": "emulator-key"}) as client,
    ):
        for order in ("created_at", "modified_at"):
            took, size = walk(client, order, pages)
            rate = pages / took
            say(
                f"list {pages} pages of {_PAGE_SIZE} by {order}: {rate:.0f} pages/s, {size:.1f} MB a page"
            )


def walk(client: httpx.Client, order: str, pages: int) -> tuple[float, float]:
    """Seconds for reading that many pages, and the mean size of one in megabytes."""
    size = 0
    began = time.perf_counter()
    for page in range(1, pages + 1):
        params = {"sort_by": order, "sort_dir": "asc", "page": page, "page_size": _PAGE_SIZE}
        size += len(client.get("/v2/shipments", params=params).raise_for_status().content)
    return time.perf_counter() - began, size / pages / 1e6


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
