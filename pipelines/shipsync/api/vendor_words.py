"""What of the texts of an error may be stored, logged and shown.

An error's message is free text, and may quote a whole address with or without saying so. Under ``hash``
and ``drop`` it is passed on only if it is made of known words (``vendor_terms.toml``) alone; else a sentence
of ours stands in its place, which names the field where that is a known one. Codes, fields and ids pass if
they are known or have the form of one. Under ``keep`` a message passes without the values that the error
itself says it quotes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from shipsync.connection import PersonalData

LEFT_OUT: Final = "what ShipStation says is left out, for it may name a buyer (personal_data)"
UNKNOWN_CODE: Final = "an undocumented code"

_PERSONAL: Final = re.compile(
    r"name|phone|email|address|company|postal|city|state|ship_to", re.IGNORECASE
)
_TOKEN: Final = re.compile(r"\S+")
_MARKS: Final = "'\"`.,:;!?()[]"
_POSITION: Final = re.compile(r"\d{1,4}")
_INDEX: Final = re.compile(r"\[\d{1,4}\]")
_NUMBER: Final = re.compile(r"\d{1,5}")
_ID: Final = re.compile(r"se-\d{1,20}")
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
_SENTENCE_ENDS: Final = (".", "!", "?", ":")


@dataclass(frozen=True)
class VendorWords:
    """The texts of errors under one policy; every method gives what may be passed on of one."""

    policy: PersonalData = "keep"

    @property
    def is_open(self) -> bool:
        """Whether texts pass as they came."""
        return self.policy == "keep"

    def message(self, error: Mapping[str, object]) -> str | None:
        """The ``message`` of an error without what it quotes of a buyer; None if it has none."""
        text = error.get("message")
        if not isinstance(text, str) or not text:
            return None
        quoted = _discreet(text, error)
        if self.is_open:
            return quoted
        if quoted == text:
            return self.text(text, error.get("field_name"))
        return self._left_out(error.get("field_name"))

    def text(self, text: str, field: object = None) -> str:
        """A free text that came without more, about ``field`` if that is known."""
        return text if self.is_open or _is_known(text) else self._left_out(field)

    def code(self, code: str) -> str:
        """An error's code."""
        return code if self.is_open or code in _terms("codes") else UNKNOWN_CODE

    def source(self, source: str) -> str:
        """An error's source."""
        return source if self.is_open or source.casefold() in _terms("sources") else "unknown"

    def field(self, field: str) -> str | None:
        """The name of a field, as ``packages[0].weight.value``."""
        return field if self.is_open or _is_field(field) else None

    def request_id(self, request_id: str | None) -> str | None:
        """The vendor's id of a request."""
        if request_id is None or self.is_open or _REQUEST_ID.fullmatch(request_id):
            return request_id
        return None

    def _left_out(self, field: object) -> str:
        named = self.field(field) if isinstance(field, str) else None
        return f"{LEFT_OUT}, about the field {named}" if named else LEFT_OUT


def _discreet(message: str, error: Mapping[str, object]) -> str:
    """``message`` without the values that it quotes of a buyer."""
    value = error.get("field_value")
    is_of_a_person = _PERSONAL.search(str(error.get("field_name") or "")) is not None
    if not isinstance(value, dict | list) and not is_of_a_person:
        return message
    for text in sorted(set(_leaves(value)), key=len, reverse=True):
        message = message.replace(text, "[value]")
    return message


def _leaves(value: object) -> Iterator[str]:
    """The texts in ``value`` that are long enough to be told from the words around them."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    elif isinstance(value, str) and len(value.strip()) > 2:
        yield value


def _is_known(text: str) -> bool:
    """Whether every word of ``text`` is known.

    Only the first of a sentence may begin with a capital: elsewhere it would be a name.
    """
    begins, before = True, ""
    for token in _TOKEN.findall(text):
        word = token.strip(_MARKS)
        if not _is_known_word(word, before, begins=begins):
            return False
        begins, before = token.endswith(_SENTENCE_ENDS), word.lower()
    return True


def _is_known_word(word: str, before: str, *, begins: bool) -> bool:
    plain = word[:1].lower() + word[1:] if begins else word
    if not word or plain in _terms("words") or word in {"API", "SKU", "ID", "JSON", "UTC"}:
        return True
    if _NUMBER.fullmatch(word):
        return before in _terms("before_a_number")
    return _ID.fullmatch(word) is not None or (
        ("_" in word or "." in word) and (word in _terms("codes") or _is_field(word))
    )


def _is_field(name: str) -> bool:
    first, *others = _INDEX.sub("", name).split(".")
    return first in _terms("fields") and all(
        part in _terms("fields") or _POSITION.fullmatch(part) for part in others
    )


@cache
def _terms(kind: str) -> frozenset[str]:
    file = resources.files("shipsync.api").joinpath("vendor_terms.toml")
    return frozenset(tomllib.loads(file.read_text("utf-8"))[kind].split())
