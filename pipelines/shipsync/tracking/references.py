"""How people write the number of an order, how a shop writes it, and when the two are one.

::

    " #ACME-10452 "  folded  acme-10452   parts  acme | 10452 |       (prefix, core, suffix)
    "10452"                  10452               |    10452 |         the same, if ACME- is the shop's own
    "2026/00012"             2026/00012          | 2026/00012 |       never 00012: 2026/ holds digits
    "112-1234567-7654321"                        | 112-1234567-7654321 |

A number is compared whole, whatever its case, blanks, hashes and kinds of digits. A part of one finds
nothing but where what is missing is a prefix or suffix of that shop: as set, or as its other numbers
show it. A prefix that is only seen holds no digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from shipsync.account_day import PACIFIC

_PARTS: Final = re.compile(r"([^0-9]*)([0-9](?:[-/._]?[0-9])*)([^0-9]*)")
_DIGITS: Final = re.compile(r"[0-9]+")
_NO_WORD: Final = re.compile(r"[\W_]+")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_DASHES: Final = dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63), "-")
# An affix is a shop's own if this many of its numbers have it and this share of them, or half of all.
_SEEN_TWICE: Final = 2
_SEEN_SHARE: Final = 0.01
_SEEN_HALF: Final = 0.5

_ZEROS: Final = (
    *(0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66),
    *(0xE50, 0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0xFF10),
)
FOREIGN_DIGITS: Final = "".join(chr(zero + digit) for zero in _ZEROS for digit in range(10))
"""The decimal digits of other scripts, in tens; DuckDB has no function that knows them."""
PLAIN_DIGITS: Final = "0123456789" * len(_ZEROS)


@dataclass(frozen=True)
class NumberParts:
    """A folded number: what stands before its digits, they themselves, and what stands behind them.

    Of prefix and suffix only letters and digits count, so that ``ACME-`` and ``acme`` are one.
    """

    prefix: str
    core: str
    suffix: str


@dataclass(frozen=True)
class OwnAffixes:
    """What a shop puts around the digits of its numbers, and the zone of its days, as they were set."""

    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    zone: ZoneInfo = PACIFIC


@dataclass(frozen=True)
class NumberForm:
    """How one shop writes its numbers: own prefixes and suffixes, and where zeros fill them up."""

    prefixes: frozenset[str] = frozenset()
    suffixes: frozenset[str] = frozenset()
    padded: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def means(self, asked: NumberParts, held: NumberParts) -> bool:
        """Whether a number that was asked for is the stored one, less or more an affix of the shop's own."""
        return (
            self._is_core(asked, held)
            and _is_or_lacks(asked.prefix, held.prefix, self.prefixes)
            and _is_or_lacks(asked.suffix, held.suffix, self.suffixes)
        )

    def _is_core(self, asked: NumberParts, held: NumberParts) -> bool:
        if asked.core == held.core:
            return True
        is_padded = (held.prefix, held.suffix) in self.padded
        return is_padded and held.core.lstrip("0") == asked.core


def folded(number: str) -> str:
    """``number`` without what people write differently; empty where nothing is left.

    That is case, blanks, a ``#`` before it, digits of other scripts, full-width characters and kinds of
    dashes.
    """
    text = unicodedata.normalize("NFKC", number).translate(_DASHES)
    kept = (c for c in text if unicodedata.category(c) not in _INVISIBLE)
    plain = "".join(str(unicodedata.decimal(c, c)) for c in kept)
    return plain.lower().lstrip("#")


def parts(number: str, own: OwnAffixes) -> NumberParts | None:
    """The parts of a folded number; None for one that is no run of digits with something around it.

    A prefix or suffix that was set is taken off as it stands, digits and all.
    """
    prefix, rest = _without_prefix(number, own.prefixes)
    suffix, rest = _without_suffix(rest, own.suffixes)
    found = _PARTS.fullmatch(rest)
    if found is None:
        return None
    return NumberParts(_key(prefix + found[1]), found[2], _key(found[3] + suffix))


def rough(number: str) -> str:
    """What numbers that may be one have in common: their digits without leading zeros.

    Of a number without digits it is the folded number. The statement ``numbers_lookup`` reckons the same.
    """
    text = folded(number)
    return "".join(_DIGITS.findall(text)).lstrip("0") or text


def rough_ways(reference: str, own: OwnAffixes) -> list[str]:
    """The rough numbers that ``reference`` may be stored under, with and without affixes that have digits."""
    text = folded(reference)
    bare = _bare(text, own)
    before = ("", *map(folded, own.prefixes))
    behind = ("", *map(folded, own.suffixes))
    ways = [text, *(prefix + bare + suffix for prefix in before for suffix in behind)]
    return list(dict.fromkeys(rough(way) for way in ways if way))


def longest_digits(reference: str, own: OwnAffixes) -> str | None:
    """Digits in a row that every number has which ``reference`` may mean; None where it has none.

    But for numbers that hold anything else than plain ASCII without blanks.
    """
    runs = _DIGITS.findall(_bare(folded(reference), own))
    return max((run.lstrip("0") or "0" for run in runs), key=len, default=None)


def forms(rows: Iterable[Mapping[str, Any]], own: OwnAffixes) -> dict[str | None, NumberForm]:
    """The form of each shop, by its store id.

    ``rows`` are those of ``number_forms``: counts of what numbers have before and behind their digits.
    """
    totals: defaultdict[str | None, int] = defaultdict(int)
    counts: defaultdict[tuple[str | None, str, str], int] = defaultdict(int)
    padded: defaultdict[str | None, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        store, numbers = row["store_id"], row["numbers"]
        totals[store] += numbers
        if row["prefix"] is None:
            continue
        prefix, suffix = _key(folded(row["prefix"])), _key(folded(row["suffix"]))
        counts[store, "prefix", prefix] += numbers
        counts[store, "suffix", suffix] += numbers
        if row["shortest"] == row["longest"] and _is_own(row["zero_first"], numbers):
            padded[store].add((prefix, suffix))
    seen: defaultdict[tuple[str | None, str], set[str]] = defaultdict(set)
    for (store, kind, affix), numbers in counts.items():
        if _is_own(numbers, totals[store]):
            seen[store, kind].add(affix)
    prefixes = {_key(folded(affix)) for affix in own.prefixes}
    suffixes = {_key(folded(affix)) for affix in own.suffixes}
    return {
        store: NumberForm(
            frozenset(seen[store, "prefix"] | prefixes),
            frozenset(seen[store, "suffix"] | suffixes),
            frozenset(padded[store]),
        )
        for store in totals
    }


def affixed(
    reference: str, rows: Iterable[Mapping[str, Any]], own: OwnAffixes, most: int = 3
) -> list[str]:
    """``reference`` with what was set around it, then with what most numbers have; for asking elsewhere."""
    plain = reference.strip().lstrip("#").strip()
    ways = [f"{prefix}{plain}" for prefix in own.prefixes]
    ways += [f"{plain}{suffix}" for suffix in own.suffixes]
    counted = [row for row in rows if row["prefix"] or row["suffix"]]
    total = sum(row["numbers"] for row in counted)
    often = sorted(counted, key=lambda row: (-row["numbers"], row["prefix"], row["suffix"]))
    ways += [
        f"{row['prefix']}{plain}{row['suffix']}"
        for row in often[:most]
        if _is_own(row["numbers"], total)
    ]
    return list(dict.fromkeys(ways))


def spellings(reference: str) -> list[str]:
    """The ways to look an id or a tracking number up.

    As written, without ``#``, and in capitals without blanks, for tracking numbers are printed in groups.
    """
    plain = reference.strip()
    bare = plain.lstrip("#").strip()
    closed = re.sub(r"\s+", "", bare).upper()
    return list(dict.fromkeys(way for way in (plain, bare, closed) if way.strip("#")))


def _is_own(count: int, total: int) -> bool:
    share = count / total
    return share >= _SEEN_HALF or (count >= _SEEN_TWICE and share >= _SEEN_SHARE)


def _is_or_lacks(asked: str, held: str, own: frozenset[str]) -> bool:
    return asked == held or ((not asked or not held) and (asked or held) in own)


def _bare(number: str, own: OwnAffixes) -> str:
    _, rest = _without_prefix(number, own.prefixes)
    return _without_suffix(rest, own.suffixes)[1]


def _without_prefix(number: str, prefixes: Iterable[str]) -> tuple[str, str]:
    for prefix in sorted(map(folded, prefixes), key=len, reverse=True):
        if prefix and number.startswith(prefix) and len(number) > len(prefix):
            return prefix, number[len(prefix) :]
    return "", number


def _without_suffix(number: str, suffixes: Iterable[str]) -> tuple[str, str]:
    for suffix in sorted(map(folded, suffixes), key=len, reverse=True):
        if suffix and number.endswith(suffix) and len(number) > len(suffix):
            return suffix, number[: -len(suffix)]
    return "", number


def _key(affix: str) -> str:
    return _NO_WORD.sub("", affix)
