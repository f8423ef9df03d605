"""Parameters of which the quick tests take a few, and the long ones all."""

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


def in_prove(few: Collection[T], values: Iterable[T]) -> list[ParameterSet]:
    """All ``values``: ``make prove`` takes the ``few``, ``make prove-all`` the others too."""
    return [
        pytest.param(value, marks=pytest.mark.slow if value in few else pytest.mark.longest)
        for value in values
    ]
