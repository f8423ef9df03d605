"""How much memory DuckDB may take: a part of what this machine, or the container in it, has.

A load needs little and a build more, for it joins and sorts tables of millions of rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1_000_000
SHARE: Final = 1 / 8
LEAST_MB: Final = 160
MOST_MB: Final = 400
"""More than that makes no load faster: what is more is read or written once."""
LEAST_TO_BUILD_MB: Final = 1_000
MOST_TO_BUILD_MB: Final = 4_000

_CGROUPS: Final = Path("/sys/fs/cgroup")
_OWN_CGROUP: Final = Path("/proc/self/cgroup")


def limit_mb(setting: int | None, machine_bytes: int | None = None) -> int:
    """Megabytes for DuckDB: the ``setting``, or else an eighth of the memory, from 160 to 400."""
    if setting is not None:
        return setting
    total = machine_memory() if machine_bytes is None else machine_bytes
    return round(min(MOST_MB, max(LEAST_MB, total * SHARE / MEGABYTE)))


def build_limit_mb(setting: int | None, machine_bytes: int | None = None) -> int:
    """Megabytes for DuckDB while models are built: an eighth of the memory, from 1,000 to 4,000.

    A ``setting`` that is more counts instead; one that is less is meant for loads.
    """
    total = machine_memory() if machine_bytes is None else machine_bytes
    share = round(total * SHARE / MEGABYTE)
    return max(setting or 0, min(MOST_TO_BUILD_MB, max(LEAST_TO_BUILD_MB, share)))


def machine_memory(own: Path = _OWN_CGROUP, cgroups: Path = _CGROUPS) -> int:
    """Bytes of memory that this process may have: the machine's, or less if its cgroup is bounded."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([physical, *_bounds(own, cgroups)])


def _bounds(own: Path, cgroups: Path) -> Iterator[int]:
    """The limits of the cgroup and of all above it, in either version of cgroups."""
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                root, file = cgroups, "memory.max"
            elif "memory" in controllers.split(","):
                root, file = cgroups / "memory", "memory.limit_in_bytes"
            else:
                continue
            folder = root / path.lstrip("/")
            # Inside of a container its path may be that of the host, and the limit stands at the root.
            for level in (folder, *folder.parents):
                with suppress(OSError, ValueError):
                    yield int((level / file).read_text())
                if level == root:
                    break
