from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pendulum
import pytest

from shipsync.connection import Connection, Secret
from shipsync.errors import ConfigurationError
from shipsync.settings import SETTINGS, Local, load, local

from .given_settings import ENVIRONMENT_KEY, KEY, from_environment, from_file

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


@pytest.mark.parametrize("key", ["api_key", "personal_data_salt", "deliver_secret", "lineage_key"])
@pytest.mark.parametrize("section", ["[sources.shipstation]", "[sources.shipstation.eu]"])
def test_a_secret_in_the_shared_file_is_refused(tmp_path: Path, key: str, section: str) -> None:
    (tmp_path / "config.toml").write_text(f'{section}\n{key} = "{KEY}"\n')
    variables = {"SOURCES__SHIPSTATION__EU__API_KEY": "k"}
    is_shared = key in ("personal_data_salt", "lineage_key")
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
    with pytest.raises(ConfigurationError, match=r"config.toml cannot be read: Is a directory"):
        load(environ=ENVIRONMENT_KEY, config_dir=tmp_path)
    (tmp_path / "secrets.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"secrets.toml is not UTF-8 text"):
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


@pytest.mark.parametrize("policy", ["hash", "drop"])
@pytest.mark.parametrize("reader", [load, local])
def test_a_salt_that_could_be_guessed_is_refused(
    tmp_path: Path, policy: str, reader: Callable[..., object]
) -> None:
    variables = ENVIRONMENT_KEY | {
        "SOURCES__SHIPSTATION__PERSONAL_DATA": policy,
        "SOURCES__SHIPSTATION__PERSONAL_DATA_SALT": "fifteen bytes..",
    }
    with pytest.raises(ConfigurationError, match="fewer than 16 bytes") as caught:
        reader(environ=variables, config_dir=tmp_path)
    assert "fifteen" not in str(caught.value)


def test_a_salt_of_sixteen_bytes_will_do(tmp_path: Path) -> None:
    variables = ENVIRONMENT_KEY | {
        "SOURCES__SHIPSTATION__PERSONAL_DATA": "hash",
        "SOURCES__SHIPSTATION__PERSONAL_DATA_SALT": "sixteen bytes...",
    }
    assert load(environ=variables, config_dir=tmp_path).personal_data == "hash"
