"""A file of keys: what it must hold to be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipsync.errors import InputFileError
from shipsync.feed.webhook_keys import WebhookKeys

from .signed_webhooks import save_keys


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "RSA"}]}'])
def test_a_file_without_keys_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwks.json").write_text(content)
    with pytest.raises(InputFileError, match="holds no RSA key"):
        WebhookKeys(tmp_path / "jwks.json")


def test_a_key_too_short_to_be_trusted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="2048 bits"):
        WebhookKeys(save_keys(tmp_path / "jwks.json", modulus=2**1023 + 1))
