"""A secret is taken out of what others wrote, however they wrote it, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from shipsync.connection import Secret

KEY = 'kEy-9f27+not/to&be "seen<ISSt>x'.replace(" ", "_")

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in small letters": str.lower,
    "in capitals": str.upper,
    "as a host name": lambda key: httpx.URL(f"https://{key.replace('/', '-')}.example").host,
    "case-folded": lambda key: key.replace("SS", "ß").replace("k", "\u212a").replace("s", "\u017f"),
    "ligatures": lambda key: key.replace("St", "ﬆ"),
    "a dotted capital": lambda key: key.replace("I", "İ"),
    "full width": lambda key: "".join(chr(ord(c) + 0xFEE0) for c in key),
    "percent": lambda key: quote(key, safe=""),
    "percent, every character": lambda key: "".join(f"%{ord(c):02x}" for c in key),
    "percent twice": lambda key: quote(quote(key, safe=""), safe=""),
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON in JSON": lambda key: json.dumps(json.dumps(key))[3:-3],
    "JSON, every character": lambda key: "".join(f"\\u{ord(c):04X}" for c in key),
    "HTML": html.escape,
    "HTML, every character": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "HTML, hexadecimal": lambda key: "".join(f"&#x{ord(c):x};" for c in key),
    "hexadecimal": lambda key: key.encode().hex(),
    "Base64": lambda key: base64.b64encode(key.encode()).decode(),
    "Base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "Base64 in small letters": lambda key: base64.b64encode(key.encode()).decode().lower(),
    "inside Base64": lambda key: base64.b64encode(f"user:{key}:x".encode()).decode(),
    "inside Base64, later": lambda key: base64.b64encode(f"users:{key}".encode()).decode(),
}
SECRETS = ["a1B2c3D4e5F6g7H8i9", "TEST_abcdefghijklmnopqrstuvwxyz0123456789ABCDEF+/=", KEY]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", SECRETS)
def test_every_form_is_found(key: str, form: str) -> None:
    if form == "as a host name" and not key.isalnum():
        key = "".join(c for c in key if c.isalnum())
    written = FORMS[form](key)
    text = f"before {written} behind"
    scrubbed = Secret(key).scrub(text)
    assert "[secret]" in scrubbed
    assert scrubbed.startswith("before ")
    assert scrubbed.endswith(" behind")
    # Of Base64 what stands before and behind is left, and a character that holds no whole one of it.
    assert len(scrubbed) <= len("before [secret] behind") + 16
    assert Secret(key).scrub_bytes(text.encode()).decode() == scrubbed


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_it_is_found_in_other_encodings(encoding: str) -> None:
    raw = f'{{"a": "{SECRETS[0]}"}}'.encode(encoding)
    assert Secret(SECRETS[0]).scrub_bytes(raw) == b'{"a": "[secret]"}'


def test_what_is_not_the_secret_stays_to_the_byte() -> None:
    secret = Secret(SECRETS[0])
    for text in ("a1B2c3D4e5", "Straße 5 % \\u00e9 &#8364; ﬁ", "", "\ud83d"):
        assert secret.scrub(text) == text
    for raw in (b"\xff\xfe\x00\x01", b"\xc3", b'{"a": "\\u0041%41&amp;"}', bytes(range(256))):
        assert secret.scrub_bytes(raw) == raw


def test_bytes_that_are_no_text_around_it_stay() -> None:
    raw = b"\xff\xc3" + SECRETS[0].encode() + b"\x80"
    assert Secret(SECRETS[0]).scrub_bytes(raw) == b"\xff\xc3[secret]\x80"


def test_a_short_secret_is_taken_out_of_sentences_only_and_as_it_is() -> None:
    secret = Secret("abc")
    assert secret.scrub("abc ABC") == "[secret] ABC"
    assert secret.scrub_bytes(b"abc") == b"abc"
    assert Secret("").scrub("abc") == "abc"
