r"""Reading JSON as it ought to be fast, and JSON as it sometimes comes as far as its meaning is clear.

=================================================  =====================================================
as it comes                                        as it is read
=================================================  =====================================================
a byte order mark, UTF-16 or UTF-32 by its mark    as if it were plain UTF-8
half a character (a lone surrogate)                U+FFFD
bytes that are no UTF-8                            U+FFFD, one for each run of them
``NaN``, ``Infinity``, a number beyond any float   its text
a raw control character in a text                  that character
a backslash that begins no escape                  a backslash; ``\u`` without four digits: U+FFFD
a comma before ``}`` or ``]``                      as if it were not there
a text after the end of the document               as if it were not there, unless it is JSON again
one name twice in one object                       its last value counts, as all readers have it
what is nested deeper than 300 levels              a text that says so
=================================================  =====================================================

Everything else is no JSON: nothing is guessed, and what was cut off is never completed.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

Path = tuple[str | int, ...]

REPLACEMENT: Final = "\ufffd"
_BLANK: Final = " \t\r\n\x00\ufeff"
_LOST: Final = re.compile(r"[\ud800-\udfff]+")
_ESCAPED_BYTE: Final = re.compile(r"[\udc80-\udcff]")
TEXT: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|(?P<unclosed>\\?\Z))'
"""A text in JSON, to the end of all where nothing closes it: who looked for its end from each quotation mark
behind an unclosed one again would take a minute for 64 KB of them."""
_TEXT_OR_COMMA: Final = re.compile(rf"{TEXT}|,(?=\s*[}}\]])", re.DOTALL)
_ESCAPE: Final = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}|(.))', re.DOTALL)
_WIDEST: Final = range(-(2**63), 2**64)
_LONGEST_WHOLE: Final = 400
_TOO_DEEP: Final = "it is nested too deeply"
_TEXT_OR_BRACKET: Final = re.compile(rf"{TEXT}|[\[\]{{}}]", re.DOTALL)
DEEPEST: Final = 300
"""So many levels of a document are read. Python's own reader stops somewhere below a thousand, the sooner
the deeper its caller stands."""
_CUT: Final = f'"[nested deeper than {DEEPEST} levels]"'


@dataclass(frozen=True)
class Repair:
    """One thing that was read otherwise than it came.

    ``path`` leads to the value (empty: the document as a whole); ``what`` is a clause for a person.
    """

    path: Path
    what: str


@dataclass(frozen=True)
class Document:
    """A JSON document as it was read, and what had to be read otherwise than it came."""

    value: Any
    repairs: tuple[Repair, ...] = ()


class NotReadable(ValueError):
    """A text that is no JSON even to a tolerant reader; ``reason`` is a clause, ``at`` a position.

    ``ends_early``: a document as a whole ends before its first bracket is closed, so that the rest of it
    seems to be missing. A text that was never closed, in a document that was, is a fault of another kind.
    """

    def __init__(self, reason: str, at: int, *, ends_early: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at
        self.ends_early = ends_early


def read_json(raw: bytes) -> Document:
    """The document in ``raw``. Raises ``NotReadable``, and nothing else whatever ``raw`` holds."""
    try:
        return Document(orjson.loads(raw))
    except orjson.JSONDecodeError:
        text, repairs = as_text(raw)
        return read_text(text, repairs)


def as_text(raw: bytes) -> tuple[str, list[Repair]]:
    """``raw`` as text, by its own byte order mark or as UTF-8; what is no UTF-8 stays as surrogates."""
    encoding = json.detect_encoding(raw)
    if encoding.startswith("utf-8"):
        text = raw.decode("utf-8", "surrogateescape")
    else:
        text = raw.decode(encoding, "replace")
        if text.lstrip(_BLANK)[:1] not in ("{", "["):
            text, encoding = raw.decode("utf-8", "surrogateescape"), "utf-8"
    repairs = []
    if text.startswith("\ufeff"):
        repairs.append(Repair((), "it began with a byte order mark"))
    elif not encoding.startswith("utf-8"):
        repairs.append(Repair((), f"it came in {encoding.upper()}"))
    return text.lstrip(_BLANK), repairs


def read_text(text: str, repairs: list[Repair]) -> Document:
    """The document in ``text``, on top of ``repairs``. Raises ``NotReadable``."""
    try:
        value, end = _decoded(text)
    except NotReadable as first:
        if first.reason == _TOO_DEEP:
            return _read_flat(text, repairs)
        mended = _mended(text)
        if mended is None:
            raise
        text, more = mended
        repairs = [*repairs, *more]
        try:
            value, end = _decoded(text)
        except NotReadable as second:
            if second.reason == _TOO_DEEP:
                return _read_flat(text, repairs)
            raise NotReadable(first.reason, first.at, ends_early=second.ends_early) from None
    rest = text[end:].strip(_BLANK)
    if rest[:1] in ("{", "["):
        raise NotReadable("a second document follows the first", end)
    if rest:
        repairs = [*repairs, Repair((), "something followed its end")]
    try:
        cleaned = _Cleaner()
        value = cleaned.clean(value, ())
    except RecursionError:
        return _read_flat(text, repairs)
    return Document(value, (*repairs, *cleaned.repairs))


def _read_flat(text: str, repairs: list[Repair]) -> Document:
    """The document in ``text`` without what is nested deeper than ``DEEPEST`` levels."""
    flat = _flattened(text)
    if flat is None:
        raise NotReadable(_TOO_DEEP, 0, ends_early=_ends_early(text, 0))
    what = f"what was nested deeper than {DEEPEST} levels was left out"
    return read_text(flat, [*repairs, Repair((), what)])


def decode_at(text: str, position: int) -> tuple[Any, int]:
    """One value that begins at ``position`` of ``text``, not yet cleaned, and where it ends.

    Raises ``NotReadable``.
    """
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        raise NotReadable(_clause(error), error.pos) from None
    except (ValueError, RecursionError):
        raise NotReadable(_TOO_DEEP, position) from None


class _Odd(str):
    """The text of a number that no float can hold."""

    __slots__ = ()


def _whole(text: str) -> int | float | _Odd:
    if len(text) > _LONGEST_WHOLE:
        return _Odd(text[:_LONGEST_WHOLE])
    number = int(text)
    # Beyond 64 bits a float, as the fast reader gives it.
    return number if number in _WIDEST else _float(text)


def _float(text: str) -> float | _Odd:
    number = float(text)
    return number if math.isfinite(number) else _Odd(text)


_DECODER: Final = json.JSONDecoder(
    strict=False, parse_constant=_Odd, parse_float=_float, parse_int=_whole
)


def _decoded(text: str) -> tuple[Any, int]:
    try:
        return decode_at(text, 0)
    except NotReadable as error:
        ends_early = _ends_early(text, error.at)
        raise NotReadable(error.reason, error.at, ends_early=ends_early) from None


def _ends_early(text: str, at: int) -> bool:
    """Whether ``text``, unreadable from ``at`` on, stops short of the bracket that closes it as a whole."""
    text = text.rstrip(_BLANK)
    closing = {"{": "}", "[": "]"}.get(text[:1])
    # Cut behind an inner bracket it ends with one too, but was in order up to there.
    return closing is not None and (text[-1] != closing or at >= len(text))


def _clause(error: json.JSONDecodeError) -> str:
    return f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos}"


def _mended(text: str) -> tuple[str, list[Repair]] | None:
    """``text`` without commas that nothing follows and without escapes that are none; None: it had none."""
    mended: Counter[str] = Counter()

    def mend(match: re.Match[str]) -> str:
        token = match[0]
        if token == ",":
            mended["a comma stood where nothing follows"] += 1
            return ""
        return _ESCAPE.sub(unescape, token) if "\\" in token else token

    def unescape(match: re.Match[str]) -> str:
        odd = match[1]
        if odd is None:
            return match[0]
        mended["a backslash began no escape"] += 1
        return REPLACEMENT if odd == "u" else f"\\\\{odd}"

    text = _TEXT_OR_COMMA.sub(mend, text)
    return (text, [Repair((), what) for what in mended]) if mended else None


def _flattened(text: str) -> str | None:
    """``text`` with a word in the place of what is too deep; None: nothing is, or it is not closed."""
    parts: list[str] = []
    depth = kept = 0
    begin: int | None = None
    for match in _TEXT_OR_BRACKET.finditer(text):
        mark = match[0][0]
        if mark in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                begin = match.start()
        elif mark in "]}":
            if depth == DEEPEST + 1 and begin is not None:
                parts += (text[kept:begin], _CUT)
                kept, begin = match.end(), None
            depth -= 1
    return None if begin is not None or not parts else "".join((*parts, text[kept:]))


class _Cleaner:
    """Replaces what cannot be a character or a number, and notes where."""

    def __init__(self) -> None:
        self.repairs: list[Repair] = []

    def clean(self, value: Any, path: Path) -> Any:
        """``value`` with its odd parts replaced."""
        if isinstance(value, _Odd):
            self.repairs.append(Repair(path, f"the number {str(value)[:20]} is kept as a text"))
            return str(value)
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, dict):
            return dict(self._members(value, path))
        if isinstance(value, list):
            return [self.clean(inner, (*path, number)) for number, inner in enumerate(value)]
        return value

    def _members(self, value: dict[str, Any], path: Path) -> Iterator[tuple[str, Any]]:
        for key, inner in value.items():
            name = self._text(key, path)
            yield name, self.clean(inner, (*path, name))

    def _text(self, text: str, path: Path) -> str:
        if text.isascii() or not _LOST.search(text):
            return text
        what = "half a character" if not _ESCAPED_BYTE.search(text) else "a byte that is no UTF-8"
        self.repairs.append(Repair(path, f"{what} became {REPLACEMENT}"))
        return _LOST.sub(REPLACEMENT, text)
