"""``kill -9`` at 50 instants of backfill, incremental runs and models: one clean run makes all right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from truth.served_shop import Bounds, Scene

pytestmark = pytest.mark.slow

_LOAD = "shipsync/load/normalized/#.#"
SEAMS = (
    "os.rename shipsync/load/new/#.#",
    "shutil.rmtree shipsync/normalize/extracted/#.#",
    "os.rmdir shipsync/normalize/extracted/#.#",
    f"os.rename {_LOAD}/started_jobs/shipments.#.#.parquet",
    f"os.rename {_LOAD}/new_jobs/shipments.#.#.sql",
    f"os.remove {_LOAD}/.pending_transitions/labels.#.#.sql",
    f"os.rename {_LOAD}/started_jobs/shipments.#.#.sql",
    f"os.rename {_LOAD}",
    "shutil.rmtree shipsync/load/loaded/#.#/completed_jobs",
)
"""What dlt does to the files of a package, in its order; a run is killed just before it does so."""


@pytest.mark.parametrize("scene", [31], indirect=True)
def test_killed_backfill(scene: Scene) -> None:
    bounds = Bounds(requests=20, files=700, seconds=1.5)
    scene.kill_often("sync", bounds, 17, days=1 / 24, forget_every=6)
    scene.clean()
    scene.compare()


@pytest.mark.parametrize("scene", [32], indirect=True)
def test_killed_incremental_runs(scene: Scene) -> None:
    scene.clean()
    bounds = Bounds(requests=20, files=900, seconds=2.5)
    scene.kill_often("run", bounds, 17, days=1, forget_every=6)
    scene.clean()
    scene.compare()


@pytest.mark.parametrize("scene", [34], indirect=True)
def test_killed_at_each_seam_of_a_load(scene: Scene) -> None:
    scene.clean()
    for seam in SEAMS:
        scene.simulation.run(1)
        ending = scene.nursery.attend(replace(scene.order("sync"), at_seam=seam))
        assert ending.killed, f"{seam}: {ending}"
    scene.clean()
    scene.compare()


@pytest.mark.parametrize("scene", [33], indirect=True)
def test_killed_models(scene: Scene) -> None:
    scene.clean("sync")
    for _ in range(4):
        scene.kill_often("build", Bounds(files=120, seconds=1.2), 4, days=0)
        scene.simulation.run(2)
        scene.clean("sync")
    scene.clean()
    scene.compare()
