from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pendulum
import pytest

from shipsync.connection import Connection, Secret
from shipsync.errors import ConfigurationError
from shipsync.setting import SETTINGS
from shipsync.settings import Local, load, local

KEY = "kEy-9f27-not-to-be-seen"
ENVIRONMENT_KEY = {"SOURCES__SHIPSTATION__API_KEY": KEY}

SHARED_CONFIG = """
[runtime]
dlthub_telemetry = false

[sources.shipstation]
page_size = 100
requests_per_minute = 40

[sources.shipstation.eu]
page_size = 50

[sources.another_vendor]
whatever = true
"""
SECRETS = """
[sources.shipstation]
api_key = "key-of-default"

[sources.shipstation.eu]
api_key = "key-of-eu"
timeout_seconds = 30
"""


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    """A folder with settings of two connections."""
    folder = tmp_path / ".dlt"
    folder.mkdir()
    (folder / "config.toml").write_text(SHARED_CONFIG)
    (folder / "secrets.toml").write_text(SECRETS)
    return folder


def from_environment(tmp_path: Path, **settings: str) -> Connection:
    variables = {f"SOURCES__SHIPSTATION__{key.upper()}": value for key, value in settings.items()}
    return load(environ=ENVIRONMENT_KEY | variables, config_dir=tmp_path)


def from_file(tmp_path: Path, *lines: str) -> Connection:
    (tmp_path / "config.toml").write_text("\n".join(["[sources.shipstation]", *lines]))
    return load(environ=ENVIRONMENT_KEY, config_dir=tmp_path)


def test_a_key_is_all_it_takes(tmp_path: Path) -> None:
    assert load(environ=ENVIRONMENT_KEY, config_dir=tmp_path / "none") == Connection(
        name="default",
        api_key=Secret(KEY),
        database=Path("data/default.duckdb"),
        base_url="https://api.shipstation.com",
        timeout_seconds=10,
        requests_per_minute=200,
        page_size=500,
        give_up_after=timedelta(minutes=5),
        lag=timedelta(minutes=15),
        label_sweep_days=45,
        slow_lists_every=timedelta(days=1),
        inventory_every=timedelta(0),
        checkpoint_pages=20,
        tracking_calls_per_run=300,
        tracking_calls_per_day=5000,
        tracking_finished_after_days=60,
        personal_data="keep",
        personal_data_salt=None,
        read_only=False,
        changes_since=None,
    )


def test_a_connection_is_frozen(tmp_path: Path) -> None:
    connection = load(environ=ENVIRONMENT_KEY, config_dir=tmp_path)
    with pytest.raises(AttributeError):
        connection.base_url = "https://elsewhere.example"  # type: ignore[misc]


def test_the_default_connection_takes_what_is_shared(config_dir: Path) -> None:
    connection = load(environ={}, config_dir=config_dir)
    assert connection.api_key.reveal() == "key-of-default"
    assert (connection.page_size, connection.requests_per_minute) == (100, 40)
    assert connection.timeout_seconds == 10


def test_a_named_connection_has_its_own_and_the_shared_settings(config_dir: Path) -> None:
    connection = load("eu", environ={}, config_dir=config_dir)
    assert connection.name == "eu"
    assert connection.api_key.reveal() == "key-of-eu"
    assert connection.database == Path("data/eu.duckdb")
    assert (connection.page_size, connection.requests_per_minute) == (50, 40)
    assert connection.timeout_seconds == 30


@pytest.mark.parametrize(
    ("variables", "page_size"),
    [
        pytest.param({}, 50, id="file"),
        pytest.param({"SOURCES__SHIPSTATION__PAGE_SIZE": "7"}, 7, id="environment over file"),
        pytest.param(
            {"SOURCES__SHIPSTATION__PAGE_SIZE": "7", "SOURCES__SHIPSTATION__EU__PAGE_SIZE": "8"},
            8,
            id="own over shared",
        ),
        pytest.param({"SOURCES__SHIPSTATION__US__PAGE_SIZE": "9"}, 50, id="another's"),
        pytest.param({"PAGE_SIZE": "9", "SHIPSTATION__PAGE_SIZE": "9"}, 50, id="not ours"),
    ],
)
def test_what_goes_first(config_dir: Path, variables: dict[str, str], page_size: int) -> None:
    assert load("eu", environ=variables, config_dir=config_dir).page_size == page_size


def test_secrets_go_before_config(config_dir: Path) -> None:
    (config_dir / "secrets.toml").write_text(SECRETS + "page_size = 60\n")
    assert load("eu", environ={}, config_dir=config_dir).page_size == 60


@pytest.mark.parametrize("variables", [{}, ENVIRONMENT_KEY])
def test_no_connection_falls_back_on_the_key_of_another(
    config_dir: Path, variables: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load("us", environ=variables, config_dir=config_dir)
    message = str(caught.value)
    assert "No API key for connection 'us'" in message
    assert "[sources.shipstation.us]" in message
    assert "SOURCES__SHIPSTATION__US__API_KEY" in message


def test_no_two_connections_share_a_file(config_dir: Path) -> None:
    variables = {"SOURCES__SHIPSTATION__DATABASE": "one.duckdb"}
    assert load(environ=variables, config_dir=config_dir).database == Path("one.duckdb")
    eu = load("eu", environ=variables, config_dir=config_dir)
    assert eu.database == Path("data/eu.duckdb")


def test_the_database_of_the_command_line_goes_first(tmp_path: Path) -> None:
    variables = ENVIRONMENT_KEY | {"SOURCES__SHIPSTATION__DATABASE": "one.duckdb"}
    given = Path("two.duckdb")
    assert load(database=given, environ=variables, config_dir=tmp_path).database == given
    assert local(database=given, environ=variables, config_dir=tmp_path).database == given


def test_what_is_on_this_machine_is_known_without_a_key(tmp_path: Path) -> None:
    nothing_set = local("eu", environ={}, config_dir=tmp_path)
    assert nothing_set == Local("eu", Path("data/eu.duckdb"), changes_since=None)
    variables = {"SOURCES__SHIPSTATION__EU__CHANGES_SINCE": "2026-01-31"}
    since = local("eu", environ=variables, config_dir=tmp_path).changes_since
    assert since == pendulum.datetime(2026, 1, 31)


def test_settings_are_read_in_the_working_directory_and_the_process_environment(
    config_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in list(os.environ):
        if variable.startswith("SOURCES__SHIPSTATION__"):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(config_dir.parent)
    monkeypatch.setenv("SOURCES__SHIPSTATION__LABEL_SWEEP_DAYS", "12")
    connection = load()
    assert connection.api_key.reveal() == "key-of-default"
    assert connection.label_sweep_days == 12


def test_a_missing_key_says_where_it_goes(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(environ={}, config_dir=tmp_path)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert f'Put it into {tmp_path / "secrets.toml"} as api_key = "..."' in message
    assert "under [sources.shipstation], or into the environment" in message
    assert "SOURCES__SHIPSTATION__API_KEY" in message


def test_an_unknown_key_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_file(tmp_path, "timeout = 30")
    message = str(caught.value)
    assert f"Unknown setting 'timeout' in {tmp_path / 'config.toml'}." in message
    assert all(key in message for key in SETTINGS)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("pagesize", "page_size"),
        ("timeout_second", "timeout_seconds"),
        ("apikey", "api_key"),
        ("request_per_minute", "requests_per_minute"),
    ],
)
def test_an_unknown_key_of_the_environment_is_refused(tmp_path: Path, key: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match=f"in the environment. Did you mean {meant}?"):
        from_environment(tmp_path, **{key: "5"})


@pytest.mark.parametrize("section", ["[sources.shipstation]", "[sources.shipstation.eu]"])
def test_an_unknown_key_is_refused_wherever_it_stands(tmp_path: Path, section: str) -> None:
    (tmp_path / "secrets.toml").write_text(f"{section}\npagesize = 5\n")
    with pytest.raises(ConfigurationError, match="Unknown setting 'pagesize'"):
        load("eu", environ={}, config_dir=tmp_path)


@pytest.mark.parametrize("key", ["api_key", "personal_data_salt", "deliver_secret"])
@pytest.mark.parametrize("section", ["[sources.shipstation]", "[sources.shipstation.eu]"])
def test_a_secret_in_the_shared_file_is_refused(tmp_path: Path, key: str, section: str) -> None:
    (tmp_path / "config.toml").write_text(f'{section}\n{key} = "{KEY}"\n')
    variables = {"SOURCES__SHIPSTATION__EU__API_KEY": "k"}
    is_shared = key == "personal_data_salt"
    name = "eu" if "eu" in section or is_shared else "default"
    with pytest.raises(ConfigurationError) as caught:
        load(name, environ=variables, config_dir=tmp_path)
    assert f"move it to {tmp_path / 'secrets.toml'}" in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f'[sources.shipstation]\napi_key = "{KEY}', id="text without an end"),
        pytest.param(f"[sources.shipstation]\napi_key = {KEY}", id="text without quotes"),
        pytest.param(f'[sources.shipstation]\napi_key "{KEY}"', id="no sign of equality"),
    ],
)
def test_a_file_that_is_no_toml_is_named_and_not_quoted(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.toml").write_text(content)
    with pytest.raises(
        ConfigurationError, match=r"secrets.toml is not valid TOML: .*(line 2|end of document)"
    ) as got:
        load(environ={}, config_dir=tmp_path)
    assert KEY not in str(got.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"config.toml cannot be read: IsADirectoryError"):
        load(environ=ENVIRONMENT_KEY, config_dir=tmp_path)
    (tmp_path / "secrets.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(
        ConfigurationError, match=r"secrets.toml cannot be read: UnicodeDecodeError"
    ):
        load(environ=ENVIRONMENT_KEY, config_dir=tmp_path)


@pytest.mark.parametrize("content", ["", "sources = 5", "[sources]\nshipstation = 5"])
def test_sections_of_another_shape_hold_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.toml").write_text(content)
    assert load(environ=ENVIRONMENT_KEY, config_dir=tmp_path).page_size == 500


def test_a_value_in_place_of_a_connection_is_an_unknown_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Unknown setting 'eu'"):
        from_file(tmp_path, "eu = 5")


def test_a_section_named_like_a_setting_is_no_value(tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text(f'[sources.shipstation.api_key]\nvalue = "{KEY}"\n')
    with pytest.raises(ConfigurationError, match="must be a text that is not empty") as caught:
        load(environ={}, config_dir=tmp_path)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ["", "EU", "../eu", "a b", "a__b", "_a", "a_", "page_size", "é"])
def test_a_name_that_is_no_file_or_variable_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a connection"):
        load(name, environ=ENVIRONMENT_KEY, config_dir=tmp_path)


@pytest.mark.parametrize(
    ("key", "written", "attribute", "meant"),
    [
        ("base_url", "http://127.0.0.1:8080", "base_url", "http://127.0.0.1:8080"),
        ("timeout_seconds", "10", "timeout_seconds", 10.0),
        ("timeout_seconds", "180", "timeout_seconds", 180.0),
        ("timeout_seconds", "12.5", "timeout_seconds", 12.5),
        ("requests_per_minute", "1", "requests_per_minute", 1),
        ("page_size", "500", "page_size", 500),
        ("give_up_after_seconds", "90", "give_up_after", timedelta(seconds=90)),
        ("lag_seconds", "60", "lag", timedelta(minutes=1)),
        ("label_sweep_days", "7", "label_sweep_days", 7),
        ("slow_lists_every_hours", "0.5", "slow_lists_every", timedelta(minutes=30)),
        ("inventory_every_hours", "6", "inventory_every", timedelta(hours=6)),
        ("checkpoint_pages", "3", "checkpoint_pages", 3),
        ("tracking_calls_per_run", "0", "tracking_calls_per_run", 0),
        ("tracking_calls_per_day", "12", "tracking_calls_per_day", 12),
        ("tracking_finished_after_days", "30", "tracking_finished_after_days", 30),
        ("personal_data", "hash", "personal_data", "hash"),
        ("read_only", "true", "read_only", True),
        ("read_only", "false", "read_only", False),
        ("database", "a/b.duckdb", "database", Path("a/b.duckdb")),
        ("deliver_to", "events/", "deliver_to", "events/"),
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
    is_text = isinstance(meant, str | Path)
    toml = f'"{written}"' if is_text else written
    for connection in (
        from_environment(tmp_path, **{key: written}),
        from_file(tmp_path, f"{key} = {toml}"),
    ):
        value = getattr(connection, attribute)
        assert value == meant
        assert type(value) is type(meant)


def test_every_setting_is_read_by_some_case_above() -> None:
    [marks] = [
        mark
        for mark in test_a_value_means_the_same_in_both_places.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    ]
    secrets = {"api_key", "personal_data_salt", "deliver_secret"}
    assert {case[0] for case in marks.args[1]} | secrets == set(SETTINGS)


@pytest.mark.parametrize(
    ("key", "written", "sentence"),
    [
        ("timeout_seconds", "5", "timeout_seconds is 5; 10 to 180 seconds are allowed."),
        ("timeout_seconds", "181", "timeout_seconds is 181; 10 to 180 seconds are allowed."),
        ("timeout_seconds", "nan", "timeout_seconds is nan; 10 to 180 seconds are allowed."),
        ("timeout_seconds", "ten", "is 'ten'; it must be a number from 10 to 180."),
        ("requests_per_minute", "0", "requests_per_minute is 0; 1 to 1000000 are allowed."),
        ("requests_per_minute", "1.5", "is '1.5'; it must be a whole number."),
        ("requests_per_minute", "inf", "is 'inf'; it must be a whole number."),
        ("page_size", "501", "page_size is 501; 1 to 500 are allowed."),
        ("page_size", "0", "page_size is 0; 1 to 500 are allowed."),
        ("give_up_after_seconds", "0", "give_up_after_seconds is 0; 1 to 86400 are allowed."),
        ("lag_seconds", "-1", "lag_seconds is -1; 1 to 604800 are allowed."),
        ("lag_seconds", "inf", "is 'inf'; it must be a number of seconds."),
        ("slow_lists_every_hours", "-1", "slow_lists_every_hours is -1; 0 to 8760 are allowed."),
        ("inventory_every_hours", "1e9", "inventory_every_hours is 1e+09; 0 to 8760 are allowed."),
        ("label_sweep_days", "0", "label_sweep_days is 0; 1 to 3650 are allowed."),
        ("checkpoint_pages", "0", "checkpoint_pages is 0; 1 to 10000 are allowed."),
        ("tracking_calls_per_run", "-1", "tracking_calls_per_run is -1; 0 to 1000000 are allowed."),
        ("personal_data", "encrypt", "personal_data is 'encrypt'; it can be keep, hash, drop."),
        ("read_only", "yes", "is 'yes'; it must be true or false."),
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


def test_settings_start_quickly_because_nothing_heavy_comes_along() -> None:
    heavy = {"dlt", "duckdb", "httpx", "pandas", "pendulum", "pyarrow", "pydantic", "rich", "typer"}
    program = (
        "import sys; from pathlib import Path; from shipsync.settings import load; "
        "load(environ={'SOURCES__SHIPSTATION__API_KEY': 'k'}, config_dir=Path('none')); "
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert not heavy & set(done.stdout.split())


def test_where_a_connection_delivers_to_is_its_own_and_needs_no_key(tmp_path: Path) -> None:
    variables = {
        "SOURCES__SHIPSTATION__DELIVER_TO": "https://example.com/hook",
        "SOURCES__SHIPSTATION__DELIVER_SECRET": "c2VjcmV0",
        "SOURCES__SHIPSTATION__EU__DELIVER_TO": "eu.jsonl",
    }
    default = local(environ=variables, config_dir=tmp_path)
    eu = local("eu", environ=variables, config_dir=tmp_path)

    assert (default.deliver_to, default.deliver_secret) == (
        "https://example.com/hook",
        Secret("c2VjcmV0"),
    )
    assert (eu.deliver_to, eu.deliver_secret) == ("eu.jsonl", None)
