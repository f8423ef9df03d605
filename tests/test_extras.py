"""A library that is missing is told with the command that brings it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from shipsync.errors import MissingLibrary
from shipsync.extras import DELTA, EXCEL, MCP, NOTEBOOKS, OPENLINEAGE, POSTGRES, PROMETHEUS, require


def test_what_is_missing_is_told_and_what_is_there_is_not() -> None:
    with pytest.raises(MissingLibrary) as error:
        require("An export to Atlantis", {"no_such_module": "atlantis-driver", "json": "json"})

    assert str(error.value) == (
        "An export to Atlantis needs what is not installed: atlantis-driver. Install it with "
        "`python -m pip install atlantis-driver` and run again."
    )


@pytest.mark.parametrize(
    "modules", [POSTGRES, DELTA, NOTEBOOKS, MCP, EXCEL, OPENLINEAGE, PROMETHEUS]
)
def test_the_development_environment_has_everything(modules: dict[str, str]) -> None:
    assert [module for module in modules if find_spec(module) is None] == []
    require("This", modules)
