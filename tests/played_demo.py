"""What the demo leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shipsync.demo import Step


@dataclass(frozen=True)
class Demo:
    """The demo's database, which is shared and so may only be read, and the steps it showed."""

    database: Path
    steps: list[Step]
