"""What each setting may be, what it means, and the sentence for what it may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pendulum
import pytest

from shipsync.errors import ConfigurationError
from shipsync.settings import SETTINGS, load

from .given_settings import ENVIRONMENT_KEY, from_environment, from_file


@pytest.mark.parametrize(
    ("key", "written", "attribute", "meant"),
    [
        ("base_url", "http://127.0.0.1:8080", "base_url", "http://127.0.0.1:8080"),
        ("timeout_seconds", "10", "timeout_seconds", 10.0),
        ("timeout_seconds", "180", "timeout_seconds", 180.0),
        ("timeout_seconds", "12.5", "timeout_seconds", 12.5),
        ("request_deadline_seconds", "60", "request_deadline", timedelta(minutes=1)),
        ("run_deadline_hours", "1.5", "run_deadline", timedelta(minutes=90)),
        ("largest_answer_mb", "8", "largest_answer_mb", 8),
        ("largest_webhook_mb", "8", "largest_webhook_mb", 8),
        ("requests_per_minute", "1", "requests_per_minute", 1),
        ("page_size", "500", "page_size", 500),
        ("give_up_after_seconds", "90", "give_up_after", timedelta(seconds=90)),
        ("lag_seconds", "60", "lag", timedelta(minutes=1)),
        ("label_sweep_days", "7", "label_sweep_days", 7),
        ("slow_lists_every_hours", "0.5", "slow_lists_every", timedelta(minutes=30)),
        ("inventory_every_hours", "6", "inventory_every", timedelta(hours=6)),
        ("checkpoint_pages", "3", "checkpoint_pages", 3),
        ("memory_limit_mb", "512", "memory_limit_mb", 512),
        ("tracking_calls_per_run", "0", "tracking_calls_per_run", 0),
        ("tracking_calls_per_day", "12", "tracking_calls_per_day", 12),
        ("tracking_finished_after_days", "30", "tracking_finished_after_days", 30),
        ("tracking_returns_days", "14", "tracking_returns_days", 14),
        ("delivery_sweep_every_hours", "2", "delivery_sweep", timedelta(hours=2)),
        ("tracking_language", "de", "tracking_language", "de"),
        ("tracking_wording", "words.toml", "tracking_wording", Path("words.toml")),
        ("tracking_promises", "true", "tracking_promises", True),
        ("order_prefixes", "ACME-, LW24-", "order_prefixes", ("ACME-", "LW24-")),
        ("order_suffixes", "-EU", "order_suffixes", ("-EU",)),
        ("personal_data", "drop", "personal_data", "drop"),
        ("timezone", "Europe/Berlin", "timezone", "Europe/Berlin"),
        ("sla_hours", "48", "sla_hours", 48.0),
        ("lead_days", "30", "lead_days", 30),
        ("review_days", "14", "review_days", 14),
        ("service_level", "0.98", "service_level", 0.98),
        ("dimensional_divisor", "166", "dimensional_divisor", 166.0),
        ("claim_after_days", "30", "claim_after_days", 30),
        ("cohort_age_days", "21", "cohort_age_days", 21),
        ("cutoff_hour", "12", "cutoff_hour", 12),
        ("read_only", "true", "read_only", True),
        ("read_only", "false", "read_only", False),
        ("database", "a/b.duckdb", "database", Path("a/b.duckdb")),
        ("deliver_to", "events/", "deliver_to", "events/"),
        ("publish_to", "delta:lake", "publish_to", "delta:lake"),
        ("lineage_to", "lineage.jsonl", "lineage_to", "lineage.jsonl"),
        ("publish_removed_rows", "mark", "publish_removed_rows", "mark"),
        ("changes_since", "2026-01-31", "changes_since", pendulum.datetime(2026, 1, 31)),
        (
            "changes_since",
            "2026-01-31T08:30:00.5+02:00",
            "changes_since",
            pendulum.datetime(2026, 1, 31, 6, 30, 0, 500_000),
        ),
        (
            "changes_since",
            "2026-01-31T08:30:00Z",
            "changes_since",
            pendulum.datetime(2026, 1, 31, 8, 30),
        ),
    ],
)
def test_a_value_means_the_same_in_both_places(
    tmp_path: Path, key: str, written: str, attribute: str, meant: object
) -> None:
    is_text = isinstance(meant, str | Path | tuple)
    toml = f'"{written}"' if is_text else written
    for connection in (
        from_environment(tmp_path, **{key: written}),
        from_file(tmp_path, f"{key} = {toml}"),
    ):
        holder = connection.merchant if hasattr(connection.merchant, attribute) else connection
        value = getattr(holder, attribute)
        assert value == meant
        assert type(value) is type(meant)


def test_every_setting_is_read_by_some_case_above() -> None:
    [marks] = [
        mark
        for mark in test_a_value_means_the_same_in_both_places.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    ]
    secrets = {"api_key", "personal_data_salt", "deliver_secret", "lineage_key"}
    assert {case[0] for case in marks.args[1]} | secrets == set(SETTINGS)


@pytest.mark.parametrize(
    ("key", "written", "sentence"),
    [
        (
            "lineage_to",
            "http://catalog.example.com",
            "lineage_to must be a file that ends in .jsonl",
        ),
        (
            "lineage_to",
            "https://me:word@example.com",
            "lineage_to must be a file that ends in .jsonl",
        ),
        (
            "lineage_to",
            "https://example.com?key=1",
            "lineage_to must be a file that ends in .jsonl",
        ),
        ("lineage_to", "lineage.json", "lineage_to must be a file that ends in .jsonl"),
        ("timeout_seconds", "5", "timeout_seconds is 5; 10 to 180 seconds are allowed."),
        ("timeout_seconds", "181", "timeout_seconds is 181; 10 to 180 seconds are allowed."),
        ("timeout_seconds", "nan", "timeout_seconds is nan; 10 to 180 seconds are allowed."),
        ("timeout_seconds", "ten", "is 'ten'; it must be a number from 10 to 180."),
        ("requests_per_minute", "0", "requests_per_minute is 0; 1 to 1000000 are allowed."),
        ("requests_per_minute", "1.5", "is '1.5'; it must be a whole number."),
        ("requests_per_minute", "inf", "is 'inf'; it must be a whole number."),
        (
            *("request_deadline_seconds", "5"),
            "request_deadline_seconds is 5; 10 to 3600 are allowed.",
        ),
        ("run_deadline_hours", "0", "run_deadline_hours is 0; 0.01 to 8760 are allowed."),
        ("largest_answer_mb", "0", "largest_answer_mb is 0; 1 to 2000 are allowed."),
        ("largest_webhook_mb", "0", "largest_webhook_mb is 0; 1 to 2000 are allowed."),
        ("page_size", "501", "page_size is 501; 1 to 500 are allowed."),
        ("page_size", "0", "page_size is 0; 1 to 500 are allowed."),
        ("give_up_after_seconds", "0", "give_up_after_seconds is 0; 1 to 86400 are allowed."),
        ("lag_seconds", "-1", "lag_seconds is -1; 1 to 604800 are allowed."),
        ("lag_seconds", "inf", "is 'inf'; it must be a number of seconds."),
        ("slow_lists_every_hours", "-1", "slow_lists_every_hours is -1; 0 to 8760 are allowed."),
        ("inventory_every_hours", "1e9", "inventory_every_hours is 1e+09; 0 to 8760 are allowed."),
        ("label_sweep_days", "0", "label_sweep_days is 0; 1 to 3650 are allowed."),
        ("checkpoint_pages", "0", "checkpoint_pages is 0; 1 to 10000 are allowed."),
        ("memory_limit_mb", "8", "memory_limit_mb is 8; 64 to 1000000 are allowed."),
        ("tracking_calls_per_run", "-1", "tracking_calls_per_run is -1; 0 to 1000000 are allowed."),
        ("personal_data", "hash", "there is no personal_data_salt: without one, telephone"),
        ("personal_data", "encrypt", "personal_data is 'encrypt'; it can be keep, hash, drop."),
        ("read_only", "yes", "is 'yes'; it must be true or false."),
        ("publish_removed_rows", "keep", "is 'keep'; it must be delete or mark."),
        ("database", " ", "is ' '; it must be the path of a file."),
        ("changes_since", "yesterday", "is 'yesterday'; it must be a day (2026-01-31)"),
        (
            "changes_since",
            "2026-01-31T08:30:00",
            "it must be a day (2026-01-31) or an instant with",
        ),
        ("base_url", "http://api.shipstation.com", "must begin with https://, or with http://"),
        ("base_url", "api.shipstation.com", "must begin with https://, or with http://"),
        ("base_url", "ftp://api.shipstation.com", "must begin with https://, or with http://"),
        ("base_url", "https://", "must begin with https://, or with http://"),
        ("base_url", "http://10.0.0.1", "must begin with https://, or with http://"),
        ("base_url", "http://localhost.example", "must begin with https://, or with http://"),
        ("base_url", "https://api.shipstation.com?x=1", "must end before any ? or #"),
        ("base_url", "https://[", "base_url is not an address"),
        ("base_url", "https://a.example:port", "base_url is not an address"),
        ("base_url", "https://user:hunter2@a.example", "must not hold a user name or password"),
        ("api_key", " ", "api_key in the environment must be a text that is not empty."),
        ("api_key", "k\nk", "api_key is empty, or holds a space, a line break"),
        ("api_key", "klé", "a character outside ASCII, which no key has"),
    ],
)
def test_a_value_that_will_not_do_gets_its_sentence(
    tmp_path: Path, key: str, written: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_environment(tmp_path, **{key: written})
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "klé" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "page_size = true",
        "page_size = [5]",
        "read_only = 1",
        "base_url = 5",
        "changes_since = 5",
        "changes_since = 08:30:00",
        "changes_since = 2026-01-31T08:30:00",
        "database = 5",
    ],
)
def test_a_value_of_another_type_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigurationError, match="must be"):
        from_file(tmp_path, line)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:8080", "http://127.9.9.9"]
)
def test_this_machine_may_do_without_tls(tmp_path: Path, address: str) -> None:
    assert from_environment(tmp_path, base_url=address).on_loopback


def test_the_account_itself_is_not_this_machine(tmp_path: Path) -> None:
    assert not load(environ=ENVIRONMENT_KEY, config_dir=tmp_path).on_loopback


@pytest.mark.parametrize(
    ("key", "is_v1"),
    [
        ("0123456789abcdef0123456789ABCDEF", True),
        ("0123456789abcdef0123456789abcdef:0123456789abcdef0123456789abcdef", True),
        ("0123456789abcdef0123456789abcde", False),
        ("0123456789abcdef0123456789abcdefg", False),
        ("ku3LkCVWZlP9zxzJ+Z3Vk6V3kXoyzx0GUYNG6/5ZXwE", False),
    ],
)
def test_the_form_of_a_v1_key_is_known(tmp_path: Path, key: str, is_v1: bool) -> None:
    assert from_environment(tmp_path, api_key=key).key_looks_like_v1 is is_v1
