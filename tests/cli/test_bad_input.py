"""What can be given wrongly, the sentence each gets, and that nothing is lost by it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shipsync.cli.app import command
from shipsync.cli.commands_page import leaves
from shipsync.emulator import Account
from shipsync.sources.streams import STREAMS

from .conftest import Run, rows

V1_KEY = "0123456789abcdef0123456789abcdef"


class TestSettings:
    """Settings are read before anything else, so the file is not even opened."""

    def test_no_key(self, run: Run, unchanged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SOURCES__SHIPSTATION__API_KEY")
        ran = run("run")

        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "No API key for connection 'default'. Put it into .dlt/secrets.toml as api_key = \"...\" "
            "under [sources.shipstation], or into the environment as SOURCES__SHIPSTATION__API_KEY. "
            "ShipStation shows it under Settings > Account > API Settings; take a V2 key.\n"
        )

    @pytest.mark.parametrize(
        ("setting", "value", "sentence"),
        [
            ("timeout_seconds", 5, "timeout_seconds is 5; 10 to 180 seconds are allowed."),
            (
                "base_url",
                "http://api.shipstation.com",
                "base_url is 'http://api.shipstation.com'; it must begin with https://, or with "
                "http:// for this machine only (127.0.0.1). Leave it out to use "
                "https://api.shipstation.com.",
            ),
        ],
    )
    def test_a_value_out_of_range(
        self,
        run: Run,
        unchanged: Path,
        account: Account,
        set_connection: Callable[..., None],
        setting: str,
        value: object,
        sentence: str,
    ) -> None:
        set_connection(**{setting: value})
        ran = run("run")

        assert (ran.code, ran.out, ran.err) == (2, "", f"{sentence}\n")
        assert account.requests == []

    def test_an_unknown_key(
        self, run: Run, unchanged: Path, set_connection: Callable[..., None]
    ) -> None:
        set_connection(timeout=20)
        ran = run("run")

        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(
            "Unknown setting 'timeout' in the environment. Did you mean timeout_seconds? Known: "
            "api_key, base_url, timeout_seconds, "
        )

    def test_a_connection_that_has_no_settings(self, run: Run, unchanged: Path) -> None:
        ran = run("run", "--connection", "wset")

        assert ran.code == 2
        assert ran.err.startswith("No API key for connection 'wset'.")


class TestAccount:
    """The account does not answer as it should; what is held stays as it is."""

    def test_a_v1_key(
        self, run: Run, held: Path, account: Account, set_connection: Callable[..., None]
    ) -> None:
        set_connection(api_key=V1_KEY)
        ran = run("sync")

        assert ran.code == 1
        assert ran.err.startswith("Failed: shipments, fulfillments, labels, ")
        assert "It has the form of a V1 key" in ran.err
        assert V1_KEY not in ran.out + ran.err
        assert len(account.requests) == 1
        assert rows(held, "tags") == 5

    def test_an_address_where_nobody_listens(
        self, run: Run, held: Path, set_connection: Callable[..., None]
    ) -> None:
        set_connection(base_url="http://127.0.0.1:9")
        ran = run("sync")

        assert ran.code == 1
        assert ran.err.count("\n") == 1
        assert "check base_url http://127.0.0.1:9" in ran.err
        assert rows(held, "tags") == 5

    def test_an_address_where_something_else_listens(
        self, run: Run, held: Path, set_connection: Callable[..., None]
    ) -> None:
        url = os.environ["SOURCES__SHIPSTATION__BASE_URL"]
        assert httpx.get(f"{url}/shop/v2/tags").status_code != 200
        set_connection(base_url=f"{url}/shop")
        ran = run("sync", "--only", "tags")

        assert ran.code == 1
        assert ran.err.startswith("Failed: tags. ")
        assert rows(held, "tags") == 5


class TestCall:
    """A call that asks for what there is not."""

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (
                ("sync", "--only", "orders"),
                f"There is no stream 'orders'. Streams: {', '.join(STREAMS)}.",
            ),
            (
                ("sync", "--since", "2026-01-01", "--full-refresh"),
                "Give one of --since, --backfill and --full-refresh, not several.",
            ),
            (
                ("sync", "--since", "last week"),
                "Invalid value for '--since': 'last week' is no time; write a day (2026-01-31), an "
                "instant (2026-01-31T08:00Z), or how long ago (36h, 7d). "
                "See `shipsync sync --help`.",
            ),
            (
                ("sync", "--backfill", "2026-01-01"),
                "Invalid value for '--backfill': '2026-01-01' is no range of time; write FROM:TO, "
                "such as 2026-01-01:2026-02-01. See `shipsync sync --help`.",
            ),
            (
                ("sync", "--log-format", "xml"),
                "Invalid value for '--log-format': 'xml' is not one of 'text', 'json'. "
                "See `shipsync sync --help`.",
            ),
            (
                ("fleet", "run", "accounts.toml", "--workers", "many"),
                "Invalid value for '--workers': write a whole number. See `shipsync fleet run --help`.",
            ),
            (
                ("fleet", "run", "accounts.toml", "--workers", "0"),
                "Invalid value for '--workers': write a number from 1 on. "
                "See `shipsync fleet run --help`.",
            ),
            (
                ("fleet", "run", "accounts.toml", "--workers", "1000"),
                "Invalid value for '--workers': write a number up to 256. "
                "See `shipsync fleet run --help`.",
            ),
            (
                ("fleet", "run", "accounts.toml", "--deadline-minutes", "soon"),
                "Invalid value for '--deadline-minutes': write a number. "
                "See `shipsync fleet run --help`.",
            ),
            (
                ("fleet", "run", "accounts.toml", "--deadline-minutes", "1e300"),
                "Invalid value for '--deadline-minutes': write a number up to 10080. "
                "See `shipsync fleet run --help`.",
            ),
            (
                ("stock", "plan", "counts.csv", "--max-age", "1e300"),
                "Invalid value for '--max-age': write a number up to 87600. "
                "See `shipsync stock plan --help`.",
            ),
        ],
    )
    def test_a_call_of_what_there_is_not(
        self, run: Run, held: Path, account: Account, words: tuple[str, ...], sentence: str
    ) -> None:
        ran = run(*words)

        assert (ran.code, ran.out, ran.err) == (2, "", f"{sentence}\n")
        assert account.requests == []
        assert rows(held, "tags") == 5


_NUMBERS = (int, float, datetime, timedelta)


def _options_with_numbers_or_choices() -> list[tuple[str, str]]:
    """Every command's options that take a number, a time or a choice: (command, option)."""
    return [
        (name, option.opts[0])
        for name, leaf in leaves(command())
        for option in leaf.params
        if option.opts[0].startswith("--") and _is_number_or_choice(option)
    ]


def _is_number_or_choice(option: Any) -> bool:
    kinds = option.type_descriptor
    return not option.is_flag and (kinds.is_choice or kinds.annotation in _NUMBERS)


@pytest.mark.parametrize(("name", "option"), _options_with_numbers_or_choices())
def test_a_value_that_an_option_does_not_take_is_refused_in_plain_words(
    run: Run, name: str, option: str
) -> None:
    ran = run(*name.split(), option, "nonsense")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Invalid value for '{option}': ")
    assert "Input should" not in ran.err
    assert "Value error" not in ran.err
    assert len(ran.err.splitlines()) == 1


class TestFile:
    """A file of stock changes that cannot be read; no plan is written."""

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (None, "counts.csv cannot be read: No such file or directory."),
            (
                b"\xff\xfes\x00k\x00u\x00",
                "counts.csv holds no rows; nothing can be planned from it.",
            ),
            (
                b"sku,quantity\nA,1\n",
                "counts.csv has no column inventory_location_id or location; it has sku, quantity.",
            ),
        ],
    )
    def test_a_file_that_cannot_be_planned(
        self,
        run: Run,
        held: Path,
        folder: Path,
        content: bytes | None,
        sentence: str,
    ) -> None:
        if content is not None:
            (folder / "counts.csv").write_bytes(content)
        planned = run("stock", "plan", "counts.csv")

        assert (planned.code, planned.out, planned.err) == (2, "", f"{sentence}\n")
        assert not list(folder.glob("*.plan.json"))
