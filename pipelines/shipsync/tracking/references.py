"""How people write the name of an order, and how ShipStation may hold it."""

from __future__ import annotations

import re
from typing import Final

_PREFIX: Final = re.compile(r"^(?:[A-Za-z][A-Za-z0-9]*[-_ #:/]+|[A-Za-z]+|#+)(?=[0-9]+$)")
_LONG: Final = 20
_DIGITS: Final = re.compile(r"[0-9]+")


def spellings(reference: str) -> list[str]:
    """The ways to look ``reference`` up, nearest first.

    As written, in capitals without spaces (tracking numbers are printed in groups), with and without
    ``#``, and without a shop's prefix (ACME-10452).
    """
    plain = reference.strip()
    bare = plain.lstrip("#").strip()
    closed = re.sub(r"\s+", "", bare).upper()
    ways = (plain, bare, closed, f"#{bare}", _PREFIX.sub("", bare))
    return list(dict.fromkeys(way for way in ways if way.strip("#")))


def lookups(reference: str) -> list[tuple[str, str]]:
    """The statements to run for ``reference`` and the spelling for each, until one finds something.

    ``order_lookup`` is quick; the other two read a million random ids. A long reference may well be one, so
    that it is looked for there before it is spelled otherwise; with a hyphen it is no tracking number.
    """
    ways = spellings(reference)
    quick = [("order_lookup", way) for way in ways]
    random_ids = ["box_lookup", "sales_order_lookup"]
    if "-" in reference:
        random_ids.reverse()
    # Only shops put a # before a number.
    slow = [(name, way) for way in ways if not way.startswith("#") for name in random_ids]
    if len(reference.strip()) < _LONG:
        return [*quick, *slow]
    return [*quick[:1], *slow[:2], *quick[1:], *slow[2:]]


def digits_of(reference: str) -> str | None:
    """The number in ``reference`` if it is nothing else, so that it may stand behind a prefix."""
    bare = reference.strip().lstrip("#").strip()
    return bare if _DIGITS.fullmatch(bare) else None
