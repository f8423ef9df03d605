"""``kill -9`` at 50 instants of backfill, incremental runs and models: one clean run makes all right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from truth.served_shop import Bounds, ServedShop

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


@pytest.mark.parametrize("served", [31], indirect=True)
def test_killed_backfill(served: ServedShop) -> None:
    bounds = Bounds(requests=20, files=700, seconds=1.5)
    served.kill_often("sync", bounds, 17, days=1 / 24, forget_every=6)
    served.clean()
    assert served.compare(), "no event was told, so nothing was proved"


@pytest.mark.parametrize("served", [32], indirect=True)
def test_killed_incremental_runs(served: ServedShop) -> None:
    served.clean()
    bounds = Bounds(requests=20, files=900, seconds=2.5)
    served.kill_often("run", bounds, 17, days=1, forget_every=6)
    served.clean()
    assert served.compare(), "no event was told, so nothing was proved"


@pytest.mark.parametrize("served", [34], indirect=True)
def test_killed_at_each_seam_of_a_load(served: ServedShop) -> None:
    served.clean()
    for seam in SEAMS:
        served.simulation.run(1)
        ending = served.fork_server.carry_out(replace(served.order("sync"), at_seam=seam))
        assert ending.killed, f"{seam}: {ending}"
    served.clean()
    assert served.compare(), "no event was told, so nothing was proved"


@pytest.mark.parametrize("served", [33], indirect=True)
def test_killed_models(served: ServedShop) -> None:
    served.clean("sync")
    for _ in range(4):
        served.kill_often("build", Bounds(files=120, seconds=1.2), 4, days=0)
        served.simulation.run(2)
        served.clean("sync")
    served.clean()
    assert served.compare(), "no event was told, so nothing was proved"
