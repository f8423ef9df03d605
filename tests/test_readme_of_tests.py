"""The page for newcomers: its first test passes, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS / "README.md").read_text(encoding="utf-8")


def test_the_first_test_passes(tmp_path: Path) -> None:
    program = PAGE.split("```python\n", 1)[1].split("```", 1)[0]
    module: dict[str, object] = {}

    exec(program, module)

    (test,) = [value for name, value in module.items() if name.startswith("test_")]
    assert callable(test)
    test(tmp_path)


def test_the_files_it_names_are_there() -> None:
    named = set(re.findall(r"[`'](?:tests/)?((?!shipsync/)[a-z_]+(?:/[a-z_]+)*\.py)[`']", PAGE))

    assert len(named) > 8
    assert {name for name in named if not (TESTS / name).is_file()} == set()
