"""The bodies of webhooks, which name what to fetch: a link, and for tracking the whole answer too.

=======================  ===================================================================
SHIPMENT_CREATED_V2      /v2/shipments?import_batch_id=, one for an import, which may be of several [C]
LABEL_CREATED_V2         /v2/labels?batch_id= [C]
FULFILLMENT_SHIPPED_V2   /v2/fulfillments?fulfillment_id=&shipment_id= [C]
FULFILLMENT_REJECTED_V2  the same link [I]
BATCH_PROCESSED_V2       /v2/batches/ID [O]
TRACK_EVENT_V2           /v2/labels/ID/track and ``data``, the tracking answer [C]
API_TRACK                the old ``track``: ``label_url`` on another host and under /v1, no order
                         number, each event with ``event_description`` besides [C]
=======================  ===================================================================
"""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]

_OLD_HOST = "https://api.shipengine.com/v1"


def shipments_created(host: str, import_batch_id: str) -> Body:
    """An import of one order or several."""
    return _named("SHIPMENT_CREATED_V2", f"{host}/v2/shipments?import_batch_id={import_batch_id}")


def labels_created(host: str, batch_id: str) -> Body:
    """Labels that were bought together."""
    return _named("LABEL_CREATED_V2", f"{host}/v2/labels?batch_id={batch_id}")


def batch_processed(host: str, batch_id: str) -> Body:
    """The same, as the batch that made them tells it."""
    return _named("BATCH_PROCESSED_V2", f"{host}/v2/batches/{batch_id}")


def fulfillment_shipped(host: str, fulfillment: Body) -> Body:
    """A fulfillment that was made."""
    return _named("FULFILLMENT_SHIPPED_V2", _of_fulfillment(host, fulfillment))


def fulfillment_rejected(host: str, fulfillment: Body) -> Body:
    """A fulfillment of which the order source would not hear."""
    return _named("FULFILLMENT_REJECTED_V2", _of_fulfillment(host, fulfillment))


def parcel_tracked(host: str, label_id: str, tracking: Body) -> Body:
    """News of a parcel."""
    url = f"{host}/v2/labels/{label_id}/track"
    return {**_named("TRACK_EVENT_V2", url), "data": tracking}


def parcel_tracked_before(label_id: str, tracking: Body) -> Body:
    """The same as the webhook of before told it."""
    events = [{**event, "event_description": event["description"]} for event in tracking["events"]]
    data = {"label_url": f"{_OLD_HOST}/labels/{label_id}", **tracking, "events": events}
    query = f"carrier_code={tracking['carrier_code']}&tracking_number={tracking['tracking_number']}"
    return {**_named("API_TRACK", f"{_OLD_HOST}/tracking?{query}"), "data": data}


def _named(resource_type: str, url: str) -> Body:
    return {"resource_url": url, "resource_type": resource_type}


def _of_fulfillment(host: str, fulfillment: Body) -> str:
    fulfillment_id, shipment_id = fulfillment["fulfillment_id"], fulfillment["shipment_id"]
    return f"{host}/v2/fulfillments?fulfillment_id={fulfillment_id}&shipment_id={shipment_id}"
