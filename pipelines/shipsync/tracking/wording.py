"""An answer as a paragraph that can be passed on to the buyer; every word of it is in ``wording.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Final

from shipsync.tracking.facts import Text, facts_of, known_before_today
from shipsync.tracking.order import Order, Parcel, Shipment
from shipsync.tracking.situations import Situation, situation_of

Facts = Mapping[str, Text]
Choice = str | list[str]
_LISTS: Final = ("where", "wrong", "next", "follow")


@dataclass(frozen=True)
class _Part:
    """One parcel of an order, or a shipment that has none."""

    shipment: Shipment
    parcel: Parcel | None
    situation: Situation


def situations(order: Order, now: datetime) -> tuple[Situation, ...]:
    """The situation of each parcel of the order, and of each shipment that has none under way."""
    return tuple(part.situation for part in _parts(order, now))


def told(order: Order, now: datetime) -> str:
    """Where the order is, when it should come, what is wrong and what to do next, in the buyer's terms.

    One paragraph for one parcel; for several an opening and a line each. What to do next is said once
    where all parcels are in the same situation.
    """
    wording = _wording()
    parts = _parts(order, now)
    words = wording["order"]
    paragraphs = (
        [" ".join(_sentences(parts[0], now, words["one"].format(order=order.order_id)))]
        if len(parts) == 1
        else list(_several(order, parts, now))
    )
    if len({shipment.is_cancelled for shipment in order.shipments}) > 1:
        paragraphs.append(words["cancelled_part"])
    known = known_before_today(order, {part.situation for part in parts}, now)
    if known:
        paragraphs.append(words["as_of"].format(known=known))
    if len(parts) == 1:
        return " ".join(paragraphs)
    return "\n".join(paragraphs)


def carrier_name(code: str | None) -> str | None:
    """What buyers call the carrier of that code; the code itself where no name is known."""
    return _wording()["carriers"].get(code, code) if code else None


def _several(order: Order, parts: tuple[_Part, ...], now: datetime) -> Iterator[str]:
    words = _wording()["order"]
    yield words["several"].format(order=order.order_id, count=len(parts))
    alike = len({part.situation for part in parts}) == 1
    to_do: dict[str, None] = {}
    for position, part in enumerate(parts, start=1):
        it = words["nth"].format(position=position, count=len(parts))
        lists = ("where", "wrong", "follow") if alike else _LISTS
        yield " ".join(_sentences(part, now, it, lists))
        if alike:
            to_do |= dict.fromkeys(_sentences(part, now, it, ("next",)))
    if to_do:
        yield " ".join(to_do)


def _parts(order: Order, now: datetime) -> tuple[_Part, ...]:
    live = [shipment for shipment in order.shipments if not shipment.is_cancelled]
    return tuple(
        _Part(shipment, parcel, situation_of(shipment, parcel, now))
        for shipment in live or order.shipments[-1:]
        for parcel in (shipment.under_way if live else ()) or (None,)
    )


def _sentences(
    part: _Part,
    now: datetime,
    it: str,
    lists: Iterable[str] = _LISTS,
) -> Iterator[str]:
    wording = _wording()
    section: dict[str, Any] = wording["situations"][part.situation]
    facts = facts_of(
        part.shipment,
        part.parcel,
        now,
        it=it,
        carriers=wording["carriers"],
        nobody=wording["order"]["nobody"],
    )
    for name in lists:
        choices: list[Choice] = section.get(name, [])
        if name == "follow":
            choices = wording["follow"]["sentences"] if section.get("follow") else []
        for choice in choices:
            sentence = _first_known(choice, facts)
            if sentence is not None:
                yield sentence


def _first_known(choice: Choice, facts: Facts) -> str | None:
    for sentence in [choice] if isinstance(choice, str) else choice:
        if named(sentence) <= facts.keys():
            return sentence.format(**facts)
    return None


@cache
def named(sentence: str) -> frozenset[str]:
    """The facts that a sentence names."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


@cache
def _wording() -> dict[str, Any]:
    file = resources.files(__package__).joinpath("wording.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
