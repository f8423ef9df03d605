"""An account that repeats the key in every place of an answer: it is in nothing that is said or written."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import httpx
import orjson
import pytest

from parameters import quickly
from shipsync.cli import boundary
from shipsync.emulator import Account, Transport
from shipsync.emulator.simulation.seed import seed_account

KEY = "kEy-9f27-S3cret-not-to-be-seen"
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes or so").decode()
SALT = "a-salt-that-nobody-may-see"
FORMS = [
    *(KEY, KEY.lower(), KEY.upper(), KEY.replace("k", "\u212a")),
    *(base64.b64encode(KEY.encode()).decode(), KEY.encode().hex(), quote(KEY).replace("-", "%2d")),
    *(SECRET, SALT, SALT.upper()),
]
"""What must be seen nowhere; each is one way of writing one of the three."""

WAITED_FOR = frozenset({429, 500, 503})
STATUSES = [200, 207, 301, 302, 400, 401, 403, 404, 409, 422, 429, 500, 501, 503]


def echoing(value: Any, number: int = 0) -> Any:
    """``value`` with a form of the key behind every free text, and as names and values of new fields."""
    form = FORMS[number % len(FORMS)]
    if isinstance(value, list):
        return [echoing(inner, number + at) for at, inner in enumerate(value)]
    if not isinstance(value, dict):
        return value
    echoed = {
        key: f"{inner} {form}"
        if isinstance(inner, str) and key in ("name", "company_name", "notes_from_buyer", "message")
        else echoing(inner, number + 1)
        for number, (key, inner) in enumerate(value.items(), start=number)
    }
    return echoed | {f"field {form}": form, "forms": FORMS}


def refusal() -> dict[str, Any]:
    error = dict.fromkeys(("error_source", "error_type", "error_code", "message", "field_name"), "")
    errors = [{name: f"{form} {name}" for name in error} for form in FORMS]
    return {
        "request_id": KEY,
        "errors": [
            {**error, "field_value": {"name": "Ann Planted", "key": KEY}} for error in errors
        ],
    }


class Echo:
    """An account on loopback behind a server that echoes the key; ``status`` overrides its answers."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.status = 0
        self.page = b""
        inner = httpx.Client(transport=Transport(account), base_url="http://emulator")
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("content-length", 0))
                answer = inner.request(
                    self.command,
                    self.path,
                    content=self.rfile.read(length),
                    headers={
                        "api-key": self.headers["api-key"],
                        "content-type": "application/json",
                    },
                )
                status = echo.status or answer.status_code
                body = orjson.dumps(echoing(answer.json())) if answer.content else b""
                if echo.status and echo.status != 200:
                    body = echo.page or orjson.dumps(refusal())
                elif echo.page:
                    body = echo.page
                self.send_response_only(status, KEY)
                self.send_header("Date", answer.headers["date"])
                self.send_header("Content-Length", str(0 if status == 204 else len(body)))
                self.send_header("Retry-After", "0.01")
                self.send_header("X-Request-Id", KEY)
                self.send_header(f"X-{KEY}", KEY.upper())
                if status in (301, 302):
                    where = f"https://{KEY.lower()}.example/{KEY}?key={KEY}"
                    self.send_header("Location", where)
                self.end_headers()
                if status != 204:
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - names of the library

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Echo]:
    """The server, and an environment whose default connection points at it."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("SOURCES__")]:
        monkeypatch.delenv(variable)
    account = Account(seed=3, api_keys=(KEY,))
    seed_account(account, shipments=40)
    echo = Echo(account)
    values = {
        "api_key": KEY,
        "deliver_secret": SECRET,
        "personal_data_salt": SALT,
        "base_url": echo.url,
        "requests_per_minute": 1_000_000,
        "give_up_after_seconds": 1,
        "tracking_calls_per_run": 3,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"SOURCES__SHIPSTATION__{name.upper()}", str(value))
    yield echo
    echo.close()


Run = Callable[..., int]


@pytest.fixture
def run(echo: Echo, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Run:
    """Runs one command line; neither what it prints nor what any library logs may hold the key."""

    def run(*words: str) -> int:
        with caplog.at_level("DEBUG"):
            code = boundary.run(["--debug", *words], {})
        said = capfd.readouterr()
        assert_seen_nowhere(said.out + said.err + caplog.text, " ".join(words))
        caplog.clear()
        return code

    return run


def assert_seen_nowhere(text: str, where: str) -> None:
    folded = text.casefold()
    assert not [form for form in FORMS if form.casefold() in folded], where
    assert "Ann Planted" not in text, where


def assert_written_nowhere(folder: Path) -> None:
    """Not in the bytes of any file, and in no cell of any table, where DuckDB packs them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".duckdb" for path in files)
    for path in files:
        assert_seen_nowhere(path.read_bytes().decode("utf-8", "replace"), str(path))
    for path in files:
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                for schema, table in con.sql(
                    "select table_schema, table_name from information_schema.tables"
                ).fetchall():
                    query = f'select * from "{schema}"."{table}"'  # noqa: S608 - names of ours
                    rows = con.sql(query).fetchall()
                    assert_seen_nowhere(repr(rows), f"{schema}.{table} in {path}")


def rows_of(account: Account, path: str) -> list[dict[str, Any]]:
    with httpx.Client(transport=Transport(account), base_url="http://emulator") as client:
        answer = client.get(path, params={"page_size": 500}, headers={"api-key": KEY}).json()
    rows: list[dict[str, Any]] = answer[path.rsplit("/", 1)[-1]]
    return rows


def write_files(account: Account) -> None:
    """Rows for every kind of write, all of which the account would take."""
    level = next(row for row in rows_of(account, "/v2/inventory") if row["on_hand"] > 10)
    Path("counts.csv").write_text(
        f"sku,inventory_location_id,quantity\n{level['sku']},{level['inventory_location_id']},9\n"
    )
    warehouse = rows_of(account, "/v2/warehouses")[0]["warehouse_id"]
    header = (
        "external_shipment_id,warehouse_id,item_sku,item_quantity,ship_to_name,ship_to_phone,"
        "ship_to_address_line1,ship_to_city_locality,ship_to_state_province,ship_to_postal_code,"
        "ship_to_country_code\n"
    )
    address = "Ann,555 010 0100,1 Main St,Austin,TX,78756,US\n"
    Path("orders.csv").write_text(f"{header}W-1,{warehouse},MUG,1,{address}")
    Path("more.csv").write_text(f"{header}W-2,{warehouse},MUG,1,{address}")
    pending = [
        row["shipment_id"]
        for row in rows_of(account, "/v2/shipments")
        if row["shipment_status"] == "pending"
    ]
    carrier = rows_of(account, "/v2/carriers")[0]["carrier_code"]
    head = "shipment_id,tracking_number,carrier_code\n"
    Path("shipped.csv").write_text(f"{head}{pending[0]},1Z1,{carrier}\n")
    Path("later.csv").write_text(f"{head}{pending[1]},1Z2,{carrier}\n")
    Path("cancel.csv").write_text(f"shipment_id\n{pending[2]}\n")


ASKING: list[tuple[str, ...]] = [
    ("check",),
    ("check", "--json"),
    ("sync",),
    ("sync", "--json"),
    ("reconcile", "--only", "tags"),
    ("warehouses",),
    ("locations", "--json"),
    ("status",),
    ("status", "--json"),
    ("quarantine", "list"),
    ("quarantine", "retry"),
    ("shipments", "get", "se-1"),
    ("shipments", "get", "se-1", "--json"),
    ("shipments", "rates", "se-1"),
    ("shipments", "rates", "--pending", "--json"),
    ("track", "se-1", "--live"),
    ("track", "se-1", "--live", "--json"),
]
WRITING: list[tuple[str, ...]] = [
    ("shipments", "create", "orders.csv", "--apply", "--verify"),
    ("shipments", "create", "more.csv", "--out", "more.plan.json"),
    ("shipments", "apply", "more.plan.json", "--verify"),
    ("shipments", "cancel", "--from", "cancel.csv", "--void-labels", "--apply", "--verify"),
    ("fulfillments", "create", "shipped.csv", "--apply", "--verify"),
    ("fulfillments", "create", "later.csv", "--out", "later.plan.json"),
    ("fulfillments", "apply", "later.plan.json"),
    ("stock", "plan", "counts.csv", "--out", "plan.json", "--max-change-percent", "100"),
    ("stock", "apply", "plan.json", "--verify"),
    ("stock", "increment", "SKU-1", "Main", "5", "--apply"),
    ("writes", "status"),
    ("writes", "status", "--json"),
]
WROTE = WRITING[0], WRITING[2], WRITING[3], WRITING[4], WRITING[6], WRITING[8]
"""Commands whose write the account has taken when they end well."""


def test_an_account_that_echoes_the_key_is_read_without_it(
    echo: Echo, run: Run, tmp_path: Path
) -> None:
    write_files(echo.account)
    codes = {words: run(*words) for words in [*ASKING, *WRITING]}
    assert codes["sync",] == 0, "the rows came, without the key"
    # Read back, a fulfillment shows other texts than were sent: they are the echo's.
    assert {codes[words] for words in WROTE} <= {0, 3}
    assert sum(codes[words] == 0 for words in WROTE) >= len(WROTE) - 1
    assert_written_nowhere(tmp_path)
    with duckdb.connect(str(tmp_path / "data" / "default.duckdb"), read_only=True) as con:
        told = con.sql("select count(*) from raw.shipments where _extra::varchar like '%[secret]%'")
        assert told.fetchall()[0][0] > 0, "it was really echoed"


REFUSED = [
    *(("check",), ("sync",), ("warehouses",), ("shipments", "get", "se-1")),
    *(("shipments", "rates", "se-1"), ("track", "se-1", "--live"), ("quarantine", "retry")),
    *WRITING,
]


@pytest.mark.parametrize("status", quickly([302, 400, 401], STATUSES))
@pytest.mark.parametrize("page", [b"", b"<html>" + KEY.encode() + b"</html>"], ids=["json", "html"])
def test_what_refuses_and_echoes_the_key_is_told_without_it(
    echo: Echo,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: bytes,
    status: int,
) -> None:
    write_files(echo.account)
    streams = ("tags", "shipments", "inventory_levels", "labels", "carriers", "warehouses")
    assert run("sync", *(word for name in streams for word in ("--only", name))) == 0
    echo.page, echo.status = page, status
    if status in WAITED_FOR:
        # Once with all patience, and then with little: a trouble that may pass is waited for.
        run("warehouses")
        monkeypatch.setenv("SOURCES__SHIPSTATION__RUN_DEADLINE_HOURS", "0.001")
    for words in REFUSED:
        run(*words)
    assert_written_nowhere(tmp_path)


@pytest.mark.slow
def test_a_whole_run_on_an_account_that_echoes_the_key(
    echo: Echo, run: Run, tmp_path: Path
) -> None:
    assert run("run") == 0
    assert run("changes", "list") == 0
    assert run("export", "--to", "parquet/") == 0
    assert_written_nowhere(tmp_path)
