"""One run event as JSON, made by OpenLineage's library.

Used are its classes of events and facets, which check values and name the version of the specification. Its
client is not: files and variables of the environment may have it send elsewhere, or add the environment to
each event, and its transports bound no answer as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from shipsync.lineage.datasets import DatasetUse, Flow
from shipsync.version import __version__

if TYPE_CHECKING:
    from uuid import UUID

EventKind = Literal["START", "COMPLETE", "FAIL", "ABORT"]
JobKind = Literal["sync", "build", "publish"]

NAMESPACE: Final = "shipsync"
"""Of jobs: the program that schedules them."""
PRODUCER: Final = f"urn:shipsync:{__version__}"


@dataclass(frozen=True)
class Job:
    """One run of one job; ``name`` is unique among the jobs of all connections."""

    name: str
    kind: JobKind
    run_id: UUID


def event(kind: EventKind, at: datetime, job: Job, flow: Flow) -> bytes:
    """One run event of ``job`` as a JSON document, in UTF-8, without a line break."""
    from openlineage.client import event_v2 as ol
    from openlineage.client import facet_v2 as facets
    from openlineage.client.serde import Serde

    run: dict[str, Any] = {
        "processing_engine": facets.processing_engine_run.ProcessingEngineRunFacet(
            version=__version__, name="shipsync", producer=PRODUCER
        )
    }
    if flow.failure is not None:
        run["errorMessage"] = facets.error_message_run.ErrorMessageRunFacet(
            message=flow.failure, programmingLanguage="PYTHON", producer=PRODUCER
        )
    of_job = facets.job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="SHIPSYNC", jobType=job.kind.upper(), producer=PRODUCER
    )
    document = ol.RunEvent(
        eventType=ol.RunState[kind],
        eventTime=at.isoformat(),
        run=ol.Run(str(job.run_id), run),
        job=ol.Job(NAMESPACE, job.name, {"jobType": of_job}),
        inputs=[ol.InputDataset(use.namespace, use.name) for use in flow.inputs],
        outputs=[
            ol.OutputDataset(
                use.namespace, use.name, facets=_schema(use), outputFacets=_statistics(use)
            )
            for use in flow.outputs
        ],
        producer=PRODUCER,
    )
    return Serde.to_json(document).encode()


def _schema(use: DatasetUse) -> dict[str, Any]:
    from openlineage.client.facet_v2 import schema_dataset

    if not use.columns:
        return {}
    fields = [schema_dataset.SchemaDatasetFacetFields(*each) for each in use.columns.items()]
    return {"schema": schema_dataset.SchemaDatasetFacet(fields, producer=PRODUCER)}


def _statistics(use: DatasetUse) -> dict[str, Any]:
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    if use.rows is None:
        return {}
    counted = statistics.OutputStatisticsOutputDatasetFacet(rowCount=use.rows, producer=PRODUCER)
    return {"outputStatistics": counted}
