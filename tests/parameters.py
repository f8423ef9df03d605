"""Parameters of which the quick tests take a few, and ``make prove`` all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

T = TypeVar("T")


def quickly(quick: Collection[T], values: Iterable[T]) -> list[ParameterSet]:
    """All ``values``; those that are not among the ``quick`` ones are marked slow."""
    return [
        pytest.param(value, marks=[] if value in quick else [pytest.mark.slow]) for value in values
    ]
