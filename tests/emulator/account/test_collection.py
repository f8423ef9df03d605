"""Sorted rows against a plain sort, whatever the order of additions and changes."""

from __future__ import annotations

import random

import pytest

from shipsync.emulator.account.collection import Ordering


@pytest.mark.parametrize("seed", range(10))
def test_an_ordering_equals_a_sort(seed: int) -> None:
    dice = random.Random(seed)
    ordering, held = Ordering(), set[tuple[int, int]]()
    for number in range(400):
        if held and dice.random() < 0.3:
            key = dice.choice(sorted(held))
            ordering.remove(*key)
            held.remove(key)
        key = (dice.randrange(50), number)
        ordering.add(*key)
        held.add(key)
        if dice.random() < 0.2:
            assert ordering.keys() == sorted(held)
    start, end = sorted((dice.randrange(50), dice.randrange(50)))
    low, high = ordering.span(start, end)
    assert ordering.keys()[low:high] == [key for key in sorted(held) if start <= key[0] <= end]


def test_removing_what_is_not_there_is_an_error() -> None:
    ordering = Ordering()
    ordering.add(1, 1)
    with pytest.raises(KeyError):
        ordering.remove(1, 2)


def test_an_empty_span() -> None:
    ordering = Ordering()
    ordering.add(5, 0)
    assert ordering.span(6, 4) == (1, 1)
    assert ordering.span(None, None) == (0, 1)
