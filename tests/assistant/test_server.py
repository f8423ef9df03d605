"""An official client asks a real `shipsync mcp` process over its standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import anyio
import orjson
import pytest
from mcp import Client, StdioServerParameters

from played_demo import Demo
from shipsync.assistant.server import Trigger as Asked
from shipsync.assistant.server import server
from shipsync.cli import boundary
from shipsync.cli.consumers import Trigger

PROGRAM = "from shipsync.cli import main; main()"


def ask(target: Any, questions: Callable[[Client], Awaitable[None]]) -> None:
    async def session() -> None:
        async with Client(target) as client:
            await questions(client)

    anyio.run(session)


def process(*words: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-c", PROGRAM, "mcp", *words])


async def answered(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content[0].text)


def test_a_client_asks_every_tool_over_standard_input_and_output(held: Path) -> None:
    async def questions(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert sorted(tools) == [
            *("find_shipment", "latest_changes", "metric", "query", "stock_of", "track_order"),
        ]
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())

        told = await answered(client, "track_order", order="#10452")
        assert told["shipstation"]["order_id"] == "10452"
        assert [e["description"] for e in told["shipstation"]["tracking"]["events"]] == [
            *("Arrived", "Departed"),
        ]
        assert "on its way with UPS" in told["answer"]["text"]

        found = await answered(client, "find_shipment", reference="1Z1")
        assert found["shipments"][0]["items"] == [{"sku": "MUG-BLUE", "name": None, "quantity": 2}]
        assert "Ada" not in str(found)

        stock = await answered(client, "stock_of", sku="mug-blue")
        assert (stock["sku"], stock["on_hand"], stock["available"]) == ("MUG-BLUE", 7, 6)

        changes = await answered(client, "latest_changes", limit=2)
        assert [change["sequence"] for change in changes["changes"]] == [30, 29]

        rows = await answered(client, "query", sql="select count(*) as n from raw.labels")
        assert rows == {"columns": ["n"], "rows": [[1]], "is_cut": False}

        assert "No shipment is known as '999'" in await refused(client, "track_order", order="999")
        assert "One SELECT" in await refused(client, "query", sql="delete from raw.labels")
        assert "NO-SUCH" in await refused(client, "stock_of", sku="NO-SUCH")

    ask(process("--database", str(held)), questions)


def test_a_metric_comes_with_its_definition_and_within_bounds(demo: Demo) -> None:
    async def questions(client: Client) -> None:
        told = await answered(client, "metric", name="first_attempt_on_time")
        assert told["columns"] == ["value", "n", "coverage"]
        assert [list(map(type, row)) for row in told["rows"]] == [[float, int, float]]
        assert told["definition"]["unit"] == "share"
        assert told["definition"]["caveat"].startswith("The first estimate")
        assert told["as_of"].endswith("Z")

        by_day = await answered(
            client,
            "metric",
            name="label_cost",
            dimensions=["day", "carrier_code"],
            filters={"carrier_code": ["ups", "stamps_com"], "zone": 3},
            limit=2,
        )
        assert (len(by_day["rows"]), by_day["is_cut"]) == (2, True)
        assert {row[1] for row in by_day["rows"]} <= {"ups", "stamps_com"}

        none = await answered(
            client, "metric", name="label_cost", since="2020-01-01", until="2020-12-31"
        )
        assert none["rows"] == []
        assert "The metrics are open_shipments," in await refused(client, "metric", name="sales")
        said = await refused(client, "metric", name="skus", dimensions=["sku; drop table x"])
        assert "Its dimensions are sku, movement_class." in said

    ask(server(demo.database), questions)


def test_a_metric_before_the_marts_are_built_says_so(held: Path) -> None:
    async def questions(client: Client) -> None:
        assert "`shipsync run` makes it" in await refused(client, "metric", name="past_due")

    ask(server(held), questions)


def test_a_server_started_before_the_first_sync_says_what_is_missing(tmp_path: Path) -> None:
    async def questions(client: Client) -> None:
        said = await refused(client, "track_order", order="10452")
        assert "There is no database" in said
        assert "shipsync sync" in said

    ask(server(tmp_path / "none.duckdb"), questions)


def test_stock_that_was_never_read_is_unknown_and_not_none(held: Path) -> None:
    async def questions(client: Client) -> None:
        stock = await answered(client, "stock_of", sku="SOLD-OUT")
        assert (stock["on_hand"], stock["available"], stock["locations"]) == (None, None, [])

    ask(server(held), questions)


def test_an_assistant_can_ask_for_every_kind_of_change() -> None:
    assert set(get_args(Asked)) == {trigger.value for trigger in Trigger}


@pytest.mark.parametrize("tool", ["track_order", "find_shipment"])
def test_an_empty_database_is_met_with_a_sentence(tmp_path: Path, tool: str) -> None:
    import duckdb

    duckdb.connect(str(tmp_path / "empty.duckdb")).close()

    async def questions(client: Client) -> None:
        name = "order" if tool == "track_order" else "reference"
        assert "shipsync run" in await refused(client, tool, **{name: "10452"})

    ask(server(tmp_path / "empty.duckdb"), questions)


def test_the_configuration_for_an_assistant_starts_this_program_from_anywhere(
    held: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boundary.run(["mcp", "--json", "--database", str(held)], {}) == 0
    entry = orjson.loads(capsys.readouterr().out)["mcpServers"]["shipsync"]

    assert Path(entry["command"]).is_absolute()
    assert Path(entry["command"]).name == "shipsync"
    assert entry["args"] == ["mcp", "--database", str(held)]
