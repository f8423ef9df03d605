"""An answer as a paragraph that can be passed on to the buyer; every word of it is in a file.

``languages/en.toml`` and ``languages/de.toml`` hold what is shipped. A merchant's own file changes
sentences of them, or adds a language, under ``[en...]``, ``[de...]``, ``[fr...]``.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any, Final

from shipsync.errors import ConfigurationError
from shipsync.tracking.facts import FACTS, Text, facts_of, known_before_today
from shipsync.tracking.order import Order, Parcel, Shipment
from shipsync.tracking.plain_text import plain_text
from shipsync.tracking.situations import Situation, situation_of

Facts = Mapping[str, Text]
Choice = str | list[str]
SHIPPED: Final = ("en", "de")
_NEXT: Final = ("next", "promise")
_LISTS: Final = ("where", "wrong", *_NEXT, "follow")
_FORMS: Final = {dict: "a table", list: "a list of sentences", str: "a text", bool: "true or false"}


@dataclass(frozen=True, eq=False)
class Wording:
    """The words of one language; ``promises`` says whether the shop's promises are told."""

    language: str
    words: Mapping[str, Any]
    promises: bool = False

    def lists(self, *, without_next: bool = False) -> tuple[str, ...]:
        """The lists of a situation that are told, in their order."""
        left_out = {*(_NEXT if without_next else ()), *(() if self.promises else ("promise",))}
        return tuple(name for name in _LISTS if name not in left_out)


def load_wording(
    language: str = "en", file: Path | None = None, *, promises: bool = False
) -> Wording:
    """The words of ``language``, with those in ``file`` in place of ours.

    Raises ``ConfigurationError`` for a language that neither has, and for what is wrong in the file.
    """
    own = _read(file) if file else {}
    known = sorted({*SHIPPED, *own})
    if language not in known:
        raise ConfigurationError(
            f"There is no wording in {language!r}; there is {', '.join(known)}. Give the language in the "
            "file that tracking_wording names."
        )
    for name, words in own.items():
        _check(words, _shipped("en"), f"[{name}] of {file}", is_whole=name not in SHIPPED)
    ours = _shipped(language) if language in SHIPPED else _shipped("en")
    return Wording(language, _merged(ours, own.get(language, {})), promises)


@dataclass(frozen=True)
class _Part:
    """One parcel of an order, or a shipment that has none."""

    shipment: Shipment
    parcel: Parcel | None
    situation: Situation


def situations(order: Order, now: datetime) -> tuple[Situation, ...]:
    """The situation of each parcel of the order, and of each shipment that has none under way."""
    return tuple(part.situation for part in _parts(order, now))


def told(order: Order, now: datetime, words: Wording | None = None) -> str:
    """Where the order is, when it should come, what is wrong and what to do next, in the buyer's terms.

    One paragraph for one parcel; for several an opening and a line each. What to do next is said once
    where all parcels are in the same situation. ``words`` are ours in English, without promises, unless
    given.
    """
    words = words or load_wording()
    parts = _parts(order, now)
    phrases = words.words["order"]
    name = plain_text(order.order_id) or ""
    paragraphs = (
        [" ".join(_sentences(parts[0], now, phrases["one"].format(order=name), words))]
        if len(parts) == 1
        else list(_several(name, parts, now, words))
    )
    if len({shipment.is_cancelled for shipment in order.shipments}) > 1:
        paragraphs.append(phrases["cancelled_part"])
    known = known_before_today(order, {part.situation for part in parts}, now, words.words)
    if known:
        paragraphs.append(phrases["as_of"].format(known=known))
    if len(parts) == 1:
        return " ".join(paragraphs)
    return "\n".join(paragraphs)


def carrier_name(code: str | None) -> str | None:
    """What buyers call the carrier of that code; the code itself where no name is known."""
    return _shipped("en")["carriers"].get(code, code) if code else None


def _several(name: str, parts: tuple[_Part, ...], now: datetime, words: Wording) -> Iterator[str]:
    phrases = words.words["order"]
    yield phrases["several"].format(order=name, count=len(parts))
    alike = len({part.situation for part in parts}) == 1
    to_do: dict[str, None] = {}
    for position, part in enumerate(parts, start=1):
        it = phrases["nth"].format(position=position, count=len(parts))
        yield " ".join(_sentences(part, now, it, words, words.lists(without_next=alike)))
        if alike:
            to_do |= dict.fromkeys(
                _sentences(part, now, it, words, [n for n in words.lists() if n in _NEXT])
            )
    if to_do:
        yield " ".join(to_do)


def _parts(order: Order, now: datetime) -> tuple[_Part, ...]:
    live = [shipment for shipment in order.shipments if not shipment.is_over]
    return tuple(
        _Part(shipment, parcel, situation_of(shipment, parcel, now))
        for shipment in live or order.shipments[-1:]
        for parcel in (shipment.under_way if live else ()) or (None,)
    )


def _sentences(
    part: _Part, now: datetime, it: str, words: Wording, lists: Iterable[str] | None = None
) -> Iterator[str]:
    section: dict[str, Any] = words.words["situations"][part.situation]
    facts = facts_of(part.shipment, part.parcel, now, it=it, words=words.words)
    for name in words.lists() if lists is None else lists:
        choices: list[Choice] = section.get(name, [])
        if name == "follow":
            choices = words.words["follow"]["sentences"] if section.get("follow") else []
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
def _shipped(language: str) -> dict[str, Any]:
    file = resources.files(__package__).joinpath("languages", f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _read(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"tracking_wording names {file}: {reason}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}.") from None
    for name, words in content.items():
        if not isinstance(words, dict):
            raise ConfigurationError(
                f"{file} has {name!r} outside a language; write it under [en], [de] or another."
            )
    return content


def _check(
    given: Mapping[str, Any], ours: Mapping[str, Any], where: str, *, is_whole: bool
) -> None:
    """Raise for what is unknown, of another form, or missing from a language that must be whole."""
    if where.endswith("carriers"):
        known: dict[str, Any] = dict.fromkeys(given, "")
    elif "where" in ours:
        known = {name: True if name == "follow" else [] for name in _LISTS}
    else:
        known = dict(ours)
    for key, value in given.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigurationError(f"Unknown {key!r} in {where}.{hint}")
        expected, place = known[key], f"{where}, {key}"
        if type(value) is not type(expected):
            raise ConfigurationError(f"{place} must be {_FORMS[type(expected)]}.")
        if isinstance(value, dict):
            _check(value, expected, place, is_whole=is_whole)
        elif isinstance(value, list):
            _check_list(value, expected if key in ("weekdays", "months") else None, place)
        elif isinstance(value, str):
            _check_names(value, named(expected), place)
    missing = [key for key in ours if key not in given and key not in ("carriers", *_LISTS[1:])]
    if is_whole and missing and not where.endswith("carriers"):
        raise ConfigurationError(f"{where} lacks {missing[0]!r}; a new language must be whole.")


def _check_list(value: list[object], ours: list[object] | None, where: str) -> None:
    if ours is not None and len(value) != len(ours):
        raise ConfigurationError(f"{where} must hold {len(ours)} names.")
    for choice in value:
        for sentence in choice if isinstance(choice, list) else [choice]:
            if not isinstance(sentence, str):
                raise ConfigurationError(f"{where} must hold sentences, or lists of sentences.")
            _check_names(sentence, FACTS, where)


def _check_names(sentence: str, known: Iterable[str], where: str) -> None:
    try:
        unknown = sorted(named(sentence) - set(known))
    except ValueError:
        raise ConfigurationError(
            f"{where}: {sentence!r} has a brace that names no fact; write {{{{ for a brace."
        ) from None
    if unknown:
        raise ConfigurationError(
            f"{where}: {sentence!r} names {{{unknown[0]}}}, which is no fact; there are "
            f"{', '.join(sorted(known)) or 'none'}."
        )


def _merged(ours: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` over ``ours``: tables are put together, lists and texts replaced."""
    return {
        key: _merged(value, given[key])
        if isinstance(value, dict) and key in given
        else given.get(key, value)
        for key, value in {**given, **ours}.items()
    }
