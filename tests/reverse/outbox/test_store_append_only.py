"""What was written down of a write is never changed by a statement of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import shipsync

PACKAGE = Path(shipsync.__file__).parent
KEPT = ("ledger.outbox", "ledger.rates", "ledger.stock_targets")
# A statement that would change or remove rows of a table, or the table.
CHANGES = re.compile(
    r"\b(?:update|delete\s+from|truncate(?:\s+table)?|insert\s+or\s+replace\s+into|merge\s+into"
    r"|(?:drop|alter)\s+table(?:\s+if\s+exists)?|create\s+or\s+replace\s+table)\s+(?P<table>[\w.]+)",
    re.IGNORECASE,
)


# A stricter personal_data takes the words of ShipStation that may quote a buyer, and nothing else.
TAKE_WORDS = {
    "forget_reasons_of_writes": "ledger.outbox set reason = $said",
    "forget_remarks_on_rates": "ledger.rates set messages = []",
}


def statements() -> Iterator[tuple[str, str]]:
    """Every statement of the package and of the models, with its name or that of its file."""
    for path in (*PACKAGE.rglob("*.sql"), *PACKAGE.parents[1].joinpath("sql").rglob("*.sql")):
        text = path.read_text(encoding="utf-8")
        first, *parts = re.split(r"^-- name: (\w+)$", text, flags=re.M)
        named = zip(parts[::2], parts[1::2], strict=True)
        for name, statement in ((path.name, first), *named):
            yield name, " ".join(re.sub(r"--.*", "", statement).split())


def test_no_statement_changes_or_removes_what_is_kept() -> None:
    found = {
        (name, match["table"].lower())
        for name, text in statements()
        for match in CHANGES.finditer(text)
    }
    assert found, "the pattern finds nothing; is it still right?"
    assert {name for name, table in found if table in KEPT} == set(TAKE_WORDS)


def test_what_a_stricter_policy_takes_is_words_alone() -> None:
    texts = dict(statements())
    for name, taken in TAKE_WORDS.items():
        assert texts[name].startswith(f"update {taken} where ")


def test_statements_of_reverse_only_add() -> None:
    parts = re.split(
        r"^-- name: (\w+)$", PACKAGE.joinpath("reverse/statements.sql").read_text(), flags=re.M
    )
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert {name for name, text in texts.items() if CHANGES.search(text)} == set()
    adding = {name for name, text in texts.items() if "insert into" in text}
    assert adding >= {"outbox_append", "targets_append"}
    assert all(name.endswith("_append") for name in adding)


@pytest.mark.parametrize(
    "text", ["update ledger.outbox set x", "DELETE  FROM ledger.outbox", "drop table ledger.outbox"]
)
def test_the_pattern_knows_a_change(text: str) -> None:
    match = CHANGES.search(text)
    assert match is not None
    assert match["table"] == "ledger.outbox"
