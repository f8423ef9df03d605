"""Taking a secret out of a text that somebody else wrote, in whatever form they wrote it.

A server that repeats a key may change its case, percent-encode it, escape it as JSON or HTML does, or
wrap it into Base64 or hexadecimal digits; a host name comes case-folded. Each form is looked for.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Final

STAND_IN: Final = "[secret]"
SHORTEST: Final = 8
"""A shorter secret is taken out as it stands alone: in other forms it may be any word."""

_FOLDED: Final = {
    "k": "\u212a",
    "s": "\u017f",
    "i": "\u0130\u0131",
    "ss": "\u00df\u1e9e",
    "st": "\ufb05\ufb06",
    "ff": "\ufb00",
    "fi": "\ufb01",
    "fl": "\ufb02",
    "ffi": "\ufb03",
    "ffl": "\ufb04",
}
"""Characters outside ASCII that case-folding makes the same as one to three within it."""

_NAMED: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_DEEPEST_JSON: Final = 3
"""So often may a JSON text stand as a text in JSON."""
_WIDE: Final = 0xFEE0
"""From a character of ASCII to the same one in full width."""

_ASCII: Final = bytes(range(128))
_PERCENT: Final = re.compile(rb"%(?:25)*([0-9a-f]{2})")
_JSON_ESCAPE: Final = re.compile(rb"\\u00([0-9a-f]{2})")
_ENTITY: Final = re.compile(rb"&#(x?)0*([0-9a-f]{1,3});")


class Forms:
    """The forms of one secret; ``text`` is what it is."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._is_short = len(text) < SHORTEST
        self._wrapped = () if self._is_short else tuple(dict.fromkeys(_wrapped(text)))
        # In small letters, for a first look that costs next to nothing.
        self._sought = tuple({form.lower().encode() for form in (text, *self._wrapped)})
        self._pattern: re.Pattern[str] | None = None

    def scrub(self, text: str) -> str:
        """``text`` with every form of the secret taken out."""
        if not self._text:
            return text
        if self._is_short:
            return text.replace(self._text, STAND_IN)
        if not self._may_be_in(text.encode("utf-8", "surrogatepass")):
            return text
        return self._compiled().sub(STAND_IN, text)

    def scrub_bytes(self, content: bytes) -> bytes:
        """``content``, whatever its encoding, with every form of the secret taken out.

        Costs about as much as looking for a text where the secret is not in it. A secret that is too
        short to be told from data is left in.
        """
        if self._is_short:
            return content
        if b"\x00" in content[:4] or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            import json

            text = content.decode(json.detect_encoding(content), "replace")
            scrubbed = self.scrub(text)
            return content if scrubbed == text else scrubbed.encode()
        if not self._may_be_in(content):
            return content
        text = content.decode("utf-8", "surrogateescape")
        return self._compiled().sub(STAND_IN, text).encode("utf-8", "surrogateescape")

    def _may_be_in(self, content: bytes) -> bool:
        plain = content.lower()
        if not plain.isascii():
            plain = _without_folds(plain)
        return any(form in view for view in _views(plain, self._text) for form in self._sought)

    def _compiled(self) -> re.Pattern[str]:
        if self._pattern is None:
            forms = [_written(self._text), *(re.escape(form) for form in self._wrapped)]
            self._pattern = re.compile("|".join(forms), re.IGNORECASE)
        return self._pattern


def _views(plain: bytes, of: str) -> Iterator[bytes]:
    """``plain``, in small letters, as it stands and with every escape of ``of``'s characters undone."""
    yield plain
    undone = plain
    if b"\\" in undone:
        for _ in range(_DEEPEST_JSON):
            undone = undone.replace(b"\\\\", b"\\")
        undone = _JSON_ESCAPE.sub(_code, undone)
        for character in {'"', "/"}.intersection(of):
            undone = undone.replace(f"\\{character}".encode(), character.encode())
    if b"&" in undone:
        undone = _ENTITY.sub(_character, undone)
        for character in _NAMED.keys() & set(of):
            undone = undone.replace(f"&{_NAMED[character]};".encode(), character.encode())
    if b"%" in undone:
        undone = _PERCENT.sub(_code, undone)
    if undone is not plain:
        yield undone.lower()


def _code(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _character(match: re.Match[bytes]) -> bytes:
    try:
        code = int(match[2], 16 if match[1] else 10)
    except ValueError:
        return match[0]
    return bytes([code]) if code < 128 else match[0]


def _without_folds(plain: bytes) -> bytes:
    outside = plain.translate(None, _ASCII)
    if b"\xef\xbc" in outside or b"\xef\xbd" in outside:
        wide = {code + _WIDE: code for code in range(0x21, 0x7F)}
        text = plain.decode("utf-8", "surrogateescape").translate(wide)
        plain = text.encode("utf-8", "surrogateescape").lower()
    for folded, characters in _FOLDED.items():
        for character in characters:
            if character.encode() in outside:
                plain = plain.replace(character.encode(), folded.encode())
    return plain


def _wrapped(text: str) -> Iterator[str]:
    """The secret inside a longer text that was encoded as a whole, at each place it may stand there."""
    for cased in (text, text.lower()):
        yield cased.encode().hex()
        for before, dropped in ((0, 0), (1, 2), (2, 3)):
            padded = b"\x00" * before + cased.encode()
            whole = len(padded) * 8 // 6
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                yield encode(padded).decode()[dropped:whole]


def _written(text: str) -> str:
    """A pattern for the secret, each of its characters in any way of writing it."""
    ways = [_ways(character) for character in text]
    for folded, characters in _FOLDED.items():
        for position in range(len(text)):
            if text[position : position + len(folded)].lower() == folded:
                # One character stands for all of these: met at the first, it is behind the others.
                ways[position].append(f"[{characters}]")
                for covered in range(position + 1, position + len(folded)):
                    ways[covered].append(f"(?<=[{characters}])")
    return "".join(f"(?:{'|'.join(each)})" for each in ways)


def _ways(character: str) -> list[str]:
    both = {character.lower(), character.upper()}
    codes = "|".join(f"{ord(c):02x}" for c in sorted(both))
    ways = [re.escape(character), f"%(?:25)*(?:{codes})", rf"\\+u00(?:{codes})"]
    ways += [f"&#x0*(?:{codes});", f"&#0*(?:{'|'.join(str(ord(c)) for c in sorted(both))});"]
    ways += [re.escape(chr(ord(c) + _WIDE)) for c in both]
    if character in _NAMED:
        ways.append(f"&{_NAMED[character]};")
    if character in ('"', "\\", "/"):
        ways.append(rf"\\+{re.escape(character)}")
    return ways
