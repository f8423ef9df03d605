"""What carriers and shops write, as plain text: no tags, no entities, nothing that is not seen."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 500
_ROUNDS: Final = 5
# What a tag may begin with; "<1 kg" and "a < b" are texts.
_TAG: Final = re.compile(r"<!--.*?(?:-->|$)|<[/!?]?[A-Za-z][^<>]*(?:>|$)", re.DOTALL)
_UNSEEN_ELEMENT: Final = re.compile(
    r"<(script|style|head|title|template)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE
)
_BLOCK: Final = re.compile(r"</?(?:br|p|div|li|tr|td|h\d)\b[^<>]*>", re.IGNORECASE)
_SPACE: Final = re.compile(r"\s+")


def plain_text(text: str | None) -> str | None:
    """``text`` in one line without markup and invisible characters; None where nothing is left.

    Entities are decoded, also twice encoded ones, and what then is markup goes as well. At most
    ``LONGEST`` characters are kept.
    """
    if text is None:
        return None
    for _ in range(_ROUNDS):
        bare = _TAG.sub("", _BLOCK.sub(" ", _UNSEEN_ELEMENT.sub(" ", text)))
        decoded = unescape(bare)
        if decoded == text:
            break
        text = decoded
    else:
        text = text.replace("<", " ").replace(">", " ")
    seen = "".join(" " if _is_space(c) else c for c in text if not _is_unseen(c))
    line = _SPACE.sub(" ", seen).strip()
    if len(line) > LONGEST:
        line = line[: LONGEST - 1].rstrip() + "…"
    return line or None


def web_address(text: str | None) -> str | None:
    """An address of the web without blanks, or None for anything else, such as a script."""
    address = unescape(text or "").strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    is_plain = not any(c in '<>"' or _is_space(c) or _is_unseen(c) for c in address)
    return address if parts.scheme in ("http", "https") and parts.hostname and is_plain else None


def _is_space(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Zl", "Zp")


def _is_unseen(character: str) -> bool:
    # Format characters can turn a text round or hide a part of it; a joiner makes one sign of two.
    kind = unicodedata.category(character)
    if character.isspace():
        return False
    return kind in ("Cc", "Cs", "Co", "Cn") or (kind == "Cf" and character != "\u200d")
