"""How the streams are declared: each says how it is read, and nothing asks for its name."""

from __future__ import annotations

import pytest

from shipsync.api.endpoints import LISTINGS
from shipsync.sources.streams import STREAMS, ReadsBy, Stream
from shipsync.sources.tables import TABLES

EVERY_STREAM = pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)


@EVERY_STREAM
def test_a_stream_has_what_its_way_of_reading_needs(stream: Stream) -> None:
    columns = {column.name for column in stream.table.columns}
    assert (stream.listing is None) == (stream.reads_by is ReadsBy.PER_PARCEL)
    assert (stream.cursor is not None) == stream.is_incremental
    assert all(stream.window) == stream.is_incremental
    assert {stream.newest_by, *filter(None, [stream.cursor, stream.changes_by])} <= {
        *columns,
        "observed_at",
    }


@EVERY_STREAM
def test_a_stream_loads_as_it_is_read(stream: Stream) -> None:
    is_snapshot = stream.reads_by is ReadsBy.SNAPSHOT
    assert stream.table.loading == ("snapshot" if is_snapshot else "versions")
    if stream.listing is not None:
        assert stream.listing.key == stream.table.key
        assert stream.listing.stream == stream.name


def test_every_table_belongs_to_one_stream_and_every_list_too() -> None:
    of_streams = [table.name for stream in STREAMS.values() for table in stream.tables]
    assert sorted(of_streams) == sorted(table.name for table in TABLES)
    assert {s.listing.stream for s in STREAMS.values() if s.listing} == set(LISTINGS)


def test_only_what_shows_its_change_is_read_along_it() -> None:
    along = {name: stream.changes_by for name, stream in STREAMS.items() if stream.changes_by}
    assert along == {"shipments": "modified_at"}
    assert {name for name, stream in STREAMS.items() if stream.voids_by} == {"labels"}
