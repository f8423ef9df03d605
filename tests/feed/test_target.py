"""What may be written after ``--to``, and what it means."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from shipsync.errors import UsageError
from shipsync.feed.endpoint import Endpoint
from shipsync.feed.files import JsonLines, ParquetFolder
from shipsync.feed.target import open_target


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        ("https://example.com/events", Endpoint),
        ("http://127.0.0.1:8000/events", Endpoint),
        ("events.jsonl", JsonLines),
        ("events.ndjson", JsonLines),
        ("events/", ParquetFolder),
        ("here", ParquetFolder),
    ],
)
def test_a_place_is_known_by_how_it_is_written(
    to: str, kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    with closing(open_target(to, source="/x")) as target:
        assert isinstance(target, kind)


@pytest.mark.parametrize(
    "to",
    [
        "ftp://x",
        "ftp://x/",
        "s3://bucket/events/",
        "s3://bucket/events.jsonl",
        "events",
        "events.csv",
        "",
    ],
)
def test_what_is_no_place_is_refused_and_makes_nothing(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is nothing to deliver to; give an https address"):
        open_target(to, source="/x")
    assert list(tmp_path.iterdir()) == []


def test_of_an_address_only_the_scheme_is_shown() -> None:
    with pytest.raises(UsageError) as refused:
        open_target("s3://bucket/events/?token=abc", source="/x")
    assert str(refused.value).startswith("'s3://...' is nothing")
