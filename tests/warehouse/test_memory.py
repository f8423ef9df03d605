"""How much memory DuckDB gets, on a machine and in containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.warehouse.database import connect
from shipsync.warehouse.memory import build_limit_mb, limit_mb, machine_memory

GIB = 1024**3


@pytest.mark.parametrize(
    ("setting", "machine", "limit"),
    [
        (None, 512 * 1024**2, 160),
        (None, 2 * GIB, 268),
        (None, 64 * GIB, 400),
        (2000, GIB, 2000),
        (64, 64 * GIB, 64),
    ],
)
def test_the_limit_follows_from_the_machine_unless_it_is_set(
    setting: int | None, machine: int, limit: int
) -> None:
    assert limit_mb(setting, machine) == limit


@pytest.mark.parametrize(
    ("setting", "machine", "limit"),
    [
        (None, GIB, 1000),
        (None, 16 * GIB, 2147),
        (None, 64 * GIB, 4000),
        (6000, GIB, 6000),
        (64, GIB, 1000),
    ],
)
def test_a_build_gets_more_unless_the_setting_is_more_still(
    setting: int | None, machine: int, limit: int
) -> None:
    assert build_limit_mb(setting, machine) == limit


@pytest.mark.parametrize(
    ("cgroup", "files", "bound"),
    [
        ("0::/job", {"job/memory.max": "300000000"}, 300_000_000),
        ("0::/job", {"job/memory.max": "max", "memory.max": "200000000"}, 200_000_000),
        ("0::/", {"memory.max": "250000000"}, 250_000_000),
        ("0::/of/the/host", {"memory.max": "250000000"}, 250_000_000),
        (
            "5:cpu,memory:/job\n1:name=x:/",
            {"memory/job/memory.limit_in_bytes": "100000000"},
            100_000_000,
        ),
    ],
    ids=["own", "the one above", "at the root", "in a container", "version 1"],
)
def test_a_bounded_cgroup_bounds_it(
    cgroup: str, files: dict[str, str], bound: int, tmp_path: Path
) -> None:
    own, cgroups = tmp_path / "cgroup", tmp_path / "fs"
    own.write_text(f"{cgroup}\n")
    for name, text in files.items():
        (cgroups / name).parent.mkdir(parents=True, exist_ok=True)
        (cgroups / name).write_text(f"{text}\n")
    assert machine_memory(own, cgroups) == bound


def test_without_cgroups_it_is_the_machine(tmp_path: Path) -> None:
    assert machine_memory(tmp_path / "none", tmp_path) > 100_000_000


def test_the_database_is_opened_with_it(tmp_path: Path) -> None:
    with connect(tmp_path / "shop.duckdb", memory_limit_mb=200) as con:
        shown = con.execute("select current_setting('memory_limit')").fetchall()
    assert shown == [("190.7 MiB",)]
