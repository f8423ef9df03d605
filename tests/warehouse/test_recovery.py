"""What lies in dlt's working folder after a kill."""

from __future__ import annotations

from pathlib import Path

from shipsync.warehouse.recovery import tidy


def test_a_note_that_never_reached_its_package_goes_and_the_package_begins_anew(
    tmp_path: Path,
) -> None:
    package = tmp_path / "load" / "normalized" / "1795389840.61"
    (package / "new_jobs").mkdir(parents=True)
    (package / "started_jobs").mkdir()
    (package / "started_jobs" / "shipments.1.0.parquet").touch()
    note = package.parent / "af4b8f2ac7c2cc4c"
    note.write_text("{")

    tidy(tmp_path)

    assert not note.exists()
    assert [file.name for file in (package / "new_jobs").iterdir()] == ["shipments.1.0.parquet"]
