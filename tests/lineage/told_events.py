"""Events as they arrived, each held to OpenLineage's own classes: whatever they refuse fails a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from openlineage.client import event_v2 as ol
from openlineage.client import facet_v2 as facets
from openlineage.client.serde import Serde

FACETS: Mapping[str, Any] = {
    "processing_engine": facets.processing_engine_run.ProcessingEngineRunFacet,
    "errorMessage": facets.error_message_run.ErrorMessageRunFacet,
    "jobType": facets.job_type_job.JobTypeJobFacet,
    "schema": facets.schema_dataset.SchemaDatasetFacet,
    "outputStatistics": facets.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
}


def checked(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The documents of ``lines``, each of which is what OpenLineage's classes make of it again."""
    documents: list[dict[str, Any]] = [orjson.loads(line) for line in lines]
    for document in documents:
        assert Serde.to_dict(_rebuilt(document)) == document
    return documents


def _rebuilt(document: Mapping[str, Any]) -> ol.RunEvent:
    run, job = document["run"], document["job"]
    return ol.RunEvent(
        eventType=ol.RunState[document["eventType"]],
        eventTime=document["eventTime"],
        producer=document["producer"],
        run=ol.Run(run["runId"], _facets(run)),
        job=ol.Job(job["namespace"], job["name"], _facets(job)),
        inputs=[
            ol.InputDataset(
                use["namespace"],
                use["name"],
                facets=_facets(use),
                inputFacets=_facets(use, "inputFacets"),
            )
            for use in document["inputs"]
        ],
        outputs=[
            ol.OutputDataset(
                use["namespace"],
                use["name"],
                facets=_facets(use),
                outputFacets=_facets(use, "outputFacets"),
            )
            for use in document["outputs"]
        ],
    )


def _facets(holder: Mapping[str, Any], key: str = "facets") -> dict[str, Any]:
    return {name: _facet(name, given) for name, given in holder[key].items()}


def _facet(name: str, given: Mapping[str, Any]) -> Any:
    values = {key: value for key, value in given.items() if not key.startswith("_")}
    if name == "schema":
        fields = facets.schema_dataset.SchemaDatasetFacetFields
        values["fields"] = [fields(**each) for each in values["fields"]]
    return FACETS[name](**values, producer=given["_producer"])


def kinds(documents: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Of each event the job and what is told of it."""
    return [(document["job"]["name"], document["eventType"]) for document in documents]
