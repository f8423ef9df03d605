"""A merchant's own sentences, promises and languages; and what is wrong in such a file is said."""

from __future__ import annotations

from pathlib import Path

import duckdb
import orjson
import pytest

from shipsync.cli import boundary
from shipsync.errors import ConfigurationError
from shipsync.tracking import find_order, load_wording, told
from tracking.cases import NOW


def written(folder: Path, text: str) -> Path:
    file = folder / "words.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_promises_are_told_only_where_they_are_switched_on(
    situations: duckdb.DuckDBPyConnection,
) -> None:
    order = find_order(situations, "silent")

    assert "We will ask" not in told(order, NOW)
    assert "We will ask USPS to look for it." in told(order, NOW, load_wording(promises=True))
    assert "Nachforschung" in told(order, NOW, load_wording("de", promises=True))
    assert "Nachforschung" not in told(order, NOW, load_wording("de"))


def test_days_and_places_are_told_in_the_language(situations: duckdb.DuckDBPyConnection) -> None:
    assert told(find_order(situations, "delivered"), NOW, load_wording("de")).startswith(
        "USPS hat Ihre Bestellung delivered am Mittwoch, 11. März zugestellt."
    )


def test_own_sentences_stand_in_place_of_ours(
    situations: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        """
        [en.order]
        one = "Order {order}"
        [en.carriers]
        local_courier = "Our own van"
        [en.situations.late]
        next = [["Write to us about {number}.", "Write to us."]]
        """,
    )
    answer = told(find_order(situations, "late"), NOW, load_wording("en", file))

    assert answer.startswith("Order late is on its way")
    assert "Write to us about " in answer
    assert "It was expected on" in answer
    german = told(find_order(situations, "late"), NOW, load_wording("de", file))
    assert german.startswith("Ihre Bestellung late")


def test_a_further_language_must_be_whole(tmp_path: Path) -> None:
    shipped = Path(str(load_wording.__globals__["__file__"])).parent / "languages" / "en.toml"
    whole = shipped.read_text(encoding="utf-8").replace("\n[", "\n[fr.")
    file = written(tmp_path, whole)

    assert load_wording("fr", file).words == load_wording().words
    file.write_text(
        whole.replace("[fr.situations.lost]", "[fr.situations.held2]"), encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match="held2"):
        load_wording("fr", file)
    file.write_text('[fr.order]\none = "La commande {order}"', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="a new language must be whole"):
        load_wording("fr", file)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[en.situations.layt]\nnext = []", "Did you mean 'late'?"),
        ("[en.situations.late]\nnexd = []", "Did you mean 'next'?"),
        ('[en.situations.late]\nnext = "no list"', "must be a list of sentences"),
        ("[en.situations.late]\nnext = [1]", "must hold sentences"),
        ('[en.situations.late]\nnext = ["{numbr}."]', "names {numbr}, which is no fact"),
        ('[en.situations.late]\nnext = ["a { b"]', "a brace that names no fact"),
        ('[en.order]\none = "Order {number}"', "there are order."),
        ("[en.order]\none = 1", "must be a text"),
        ('[en.dates]\nmonths = ["January"]', "must hold 12 names"),
        ('one = "x"', "outside a language"),
        ("[en", "is not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_wording("en", written(tmp_path, text))

    assert sentence in str(error.value)


def test_a_language_that_nobody_has_and_a_file_that_is_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is de, en"):
        load_wording("fr")
    with pytest.raises(ConfigurationError, match="No such file"):
        load_wording("en", tmp_path / "none.toml")


def test_the_settings_choose_the_words_of_the_command(
    situations_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = written(tmp_path, '[de.order]\none = "Die Bestellung {order}"')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCES__SHIPSTATION__TRACKING_WORDING", str(file))
    monkeypatch.setenv("SOURCES__SHIPSTATION__TRACKING_LANGUAGE", "de")

    assert boundary.run(["track", "late", "--json", "--database", str(situations_file)], {}) == 0
    assert orjson.loads(capsys.readouterr().out)["answer"]["text"].startswith("Die Bestellung late")
    words = ["track", "late", "--language", "en", "--database", str(situations_file)]
    assert boundary.run(words, {}) == 0
    assert capsys.readouterr().out.startswith("Your order late")
