"""One change of stock from the command line: dry unless told, once, and what it says."""

from __future__ import annotations

import pytest

from cli.stock_command_line import Run, run, served
from reverse.stock_shop import BACK, Shop

__all__ = ["run", "served"]


def test_nothing_is_sent_unless_asked_for(run: Run, served: Shop) -> None:
    dry = run("adjust", "A-1", "Main", "25")
    assert dry.code == 0
    assert dry.err == "Nothing was sent. The same with --apply sends it.\n"
    assert dry.out.splitlines()[1].split("\t")[:10] == [
        *("1", "ready", "A-1", "Main", "adjust", "25", "10", "25", "15", "1"),
    ]
    assert served.writes_sent() == 0


@pytest.mark.parametrize(
    ("words", "left"),
    [
        pytest.param(["adjust", "A-1", "Main", "25"], 25, id="adjust"),
        pytest.param(["increment", "A-1", "main", "5", "--set", "reason=delivery"], 15, id="add"),
        pytest.param(["decrement", "A-1", "se-901", "4"], 6, id="take"),
        pytest.param(["modify", "A-1", "Main", "3", "--to", "Back room"], 7, id="move"),
    ],
)
def test_each_change_is_made_once(run: Run, served: Shop, words: list[str], left: int) -> None:
    applied = run(*words, "--apply")
    assert (applied.code, served.on_hand("A-1")) == (0, left)
    again = run(*words, "--apply")
    assert (again.code, served.on_hand("A-1"), served.writes_sent()) == (0, left, 1)
    said = "25 are on hand already" if left == 25 else "Already carried out under this key"
    assert said in again.out


def test_a_move_arrives(run: Run, served: Shop) -> None:
    run("modify", "A-1", "Main", "3", "--to", "Back room", "--apply")
    assert served.on_hand("A-1", BACK) == 3


def test_a_change_is_planned_against_what_the_one_before_it_left(run: Run, served: Shop) -> None:
    """No sync lies in between: shipsync knows what it did, and going back is no no-op."""
    for quantity in (25, 30, 10):
        assert run("adjust", "A-1", "Main", str(quantity), "--apply").code == 0
        assert served.on_hand("A-1") == quantity
    added = run("increment", "A-1", "Main", "5", "--apply")
    assert (added.code, served.on_hand("A-1")) == (0, 15)
    served.account.stock.move("A-1", "se-901", delta=-2)
    moved = run("adjust", "A-1", "Main", "40", "--apply")
    assert moved.code == 3
    assert "A-1 at Main went from 15 to 13 on hand since the plan was made." in moved.out
    assert served.on_hand("A-1") == 13


@pytest.mark.slow
def test_a_second_change_is_made_once_the_stock_was_read_anew(run: Run, served: Shop) -> None:
    served.connection.database.unlink()
    for quantity in (25, 30):
        assert run("adjust", "A-1", "Main", str(quantity), "--reread", "--apply").code == 0
        assert served.on_hand("A-1") == quantity


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "Back room", "--set", "new_inventory_location_id=se-903"), "is given already"),
        (("--to", "Back room", "--key", " "), "--key is empty"),
    ],
)
def test_words_that_contradict_each_other_are_refused(
    run: Run, served: Shop, words: tuple[str, ...], said: str
) -> None:
    refused = run("modify", "A-1", "Main", "3", *words, "--apply")
    assert refused.code == 2
    assert said in refused.err
    assert served.writes_sent() == 0


def test_a_read_only_connection_sends_nothing(
    run: Run, served: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__SHIPSTATION__SHOP__READ_ONLY", "true")
    assert run("adjust", "A-1", "Main", "25").code == 0
    refused = run("adjust", "A-1", "Main", "25", "--apply")
    assert (refused.code, served.writes_sent()) == (2, 0)
    assert "read_only; nothing was sent" in refused.err


def test_an_impossible_change_says_why_and_is_not_sent(run: Run, served: Shop) -> None:
    refused = run("decrement", "A-1", "Main", "11", "--apply")
    assert refused.code == 3
    assert refused.err == (
        "11 cannot be taken: 10 of A-1 are available at Main (10 on hand, 0 claimed by orders). "
        "Nothing was sent.\n"
    )
    assert served.writes_sent() == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["--set", "reason"], "--set is 'reason'; write COLUMN=VALUE", id="no_value"),
        pytest.param(["--set", "sku=B"], "--set sku is given already", id="given"),
        pytest.param(["--set", "shelf=4"], "There is no column 'shelf' to --set.", id="unknown"),
    ],
)
def test_a_wrong_setting_is_a_usage_error(
    run: Run, served: Shop, words: list[str], sentence: str
) -> None:
    refused = run("adjust", "A-1", "Main", "25", *words, "--apply")
    assert refused.code == 2
    assert refused.err.startswith(sentence)
    assert served.writes_sent() == 0
