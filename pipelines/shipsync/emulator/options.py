"""Behaviour of the real API that nobody has established, and how much alike to a live account one is.

Each field names what ``api/FACTS.md`` says of it and its mark there; the defaults are what the
emulator assumes. A client that is right must be right under every setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Options:
    """How this account behaves where the documentation is silent, and what its data look like."""

    # Paging.
    max_page_size: int = 500
    """Largest page of shipments, labels, fulfillments and inventory. 500 is stated [O] for
    fulfillments alone; the others are [?]. Products stop at 100 [O] whatever this says."""
    oversized_page: Literal["clamp", "refuse"] = "clamp"
    """A larger page_size gives the largest page, or a 400 [?]."""
    oversized_words: Literal["plain", "odd"] = "plain"
    """Whether such a 400 names page_size, or speaks of a request that is too costly [?]."""
    default_inventory_page_size: int = 25
    """Rows of an inventory page when none is asked for [?]."""
    inventory_paging: Literal["page", "links"] = "page"
    """Whether the inventory lists obey ``page`` [T], or only the opaque cursor in ``next.href``."""
    deepest_row: int | None = None
    """Offset from which pages cannot be had; 10,000 was seen once [T/?]. None: no such limit."""
    deep_page: Literal["not_found", "refused", "empty"] = "not_found"
    """A page past ``deepest_row`` answers 404 ("page not found" [T/?]), 400 [?], or is empty [?]."""
    pages_when_empty: Literal[0, 1] = 0
    """``pages`` of a list without rows: the two official schemas contradict each other [O]."""
    public_url: str = "https://api.shipstation.com"
    """What the hrefs in ``links`` begin with [C]."""

    # Filters and order.
    start_is_inclusive: bool = True
    """Whether created_at_start and modified_at_start of shipments admit the instant itself [?]."""
    end_is_inclusive: bool = True
    """The same for the ends [?]. Bounds of labels and fulfillments are stated inclusive [O]."""
    bounds: Literal["exact", "seconds"] = "exact"
    """Whether the bounds of windows count as they are, or cut to whole seconds [?]."""
    ties: Literal["insertion", "reversed", "shuffled"] = "insertion"
    """Order of rows with one sort value [?]; ``shuffled`` differs from request to request."""
    shipments_sort_by: Literal["modified_at", "created_at"] = "created_at"
    """Sort of shipments when none is asked for [?]."""
    unsorted_shipments: Literal["oldest_first", "newest_first"] = "oldest_first"
    """Direction of shipments when neither sort_by nor sort_dir is given: two captured lists begin with
    the oldest [C], the stated default is desc [O]."""
    unlisted_modified_sort: Literal["modified", "created", "nothing"] = "modified"
    """What sort_by=modified_at does on labels and fulfillments, which have no such field [O, C]."""
    fulfillments_include_labels: bool = False
    """Whether a shipment with a label is listed as a fulfillment too [?]."""

    # Shipments.
    hold_status: Literal["pending", "on_hold"] = "pending"
    """shipment_status of a shipment that waits and has a hold_until_date. A live account says on_hold
    of every one, and pending again once it is released [C]; no document has that status."""
    tags_move_modified: bool = True
    """Whether a change of tags alone moves modified_at; on one live account it does not [T]."""
    merged_shipment: Literal["not_found", "survivor"] = "not_found"
    """What GET answers for a shipment that was merged into another: 404, or the body of the one that
    took it up, with another shipment_id [T]."""
    vanished_are_listed: bool = False
    """Whether lists still show shipments that were merged or deleted, which no id finds [I]."""
    rates_need_option_values: bool = False
    """POST /v2/rates with the id of a shipment whose items have an option without a value: 400, as
    PUT /v2/shipments answers [T]."""

    # Answers.
    error_source: Literal["shipengine", "ShipStation"] = "shipengine"
    """error_source of refusals: the captured 400 bodies of V2 say shipengine [C], the enum of the
    document ShipStation [O]."""
    refusals_show_shipment: bool = False
    """Whether a refused cancel, update or rate request holds the whole shipment, address included, as
    field_value. POST /v2/labels does [C]; for the others it is inferred [I]."""
    rate_limit_headers: bool = False
    """X-Rate-Limit-Limit, -Remaining and -Reset; V1 has them, for V2 there is no evidence [?]."""
    retry_after: bool = True
    """Whether a 429 of the account's own limit carries Retry-After [O]; one client met none [T]."""
    carriers_partial: bool = False
    """GET /v2/carriers answers 207 with an error beside the carriers [O]."""
    tracks_further_boxes: bool = True
    """Whether /v2/tracking tells of the boxes of a label whose number is not the label's [?]."""
    failed_shipment: Literal["echo", "bare"] = "bare"
    """What a failed row of POST /v2/shipments holds: what was sent and its errors, or errors
    alone [?]."""
    duplicate_shipment: Literal["row", "conflict"] = "row"
    """An external_shipment_id that is taken: an error of its row, or a 409 for the whole call [?]."""
    cancel_refusal_status: Literal[400, 409] = 400
    """Status of a cancel that a live label forbids [?]."""
    cancel_refusal_code: str = "invalid_status"
    """Its error_code; the plausible one [I]."""
    repeated_cancel: Literal["accept", "refuse"] = "accept"
    """Cancelling a cancelled shipment: 204 again, or refused as a live label's is [?]."""
    repeated_fulfillment: Literal["refuse", "accept"] = "refuse"
    """Marking a shipment as shipped that was marked before: an error of its row, or a second one [?]."""
    status_after_void: Literal["pending", "label_purchased"] = "pending"
    """shipment_status once the last live label is voided [?]."""
    status_after_fulfillment: Literal["pending", "label_purchased"] = "pending"
    """shipment_status once it was marked shipped without a label [?]."""
    rates_pending_for: int = 0
    """Readings of a shipment's rates that say "working" after POST /v2/rates did; 0: it is complete at
    once. The status exists [O], when it is answered does not say itself [?]."""
    void_period_days: int = 30
    """Age of a label, in days, from which a void is refused [?]."""

    # Stock.
    inventory_ids: Literal["se", "uuid"] = "se"
    """Form of the ids of inventory warehouses and locations [?]."""
    default_condition: Literal["sellable", "damaged", "expired", "qa_hold"] = "sellable"
    """The condition meant when none is given [?]."""
    below_allocated: Literal["allow", "refuse"] = "allow"
    """Whether a write may bring on_hand under what is allocated [?]."""
    unknown_sku: Literal["refuse", "accept"] = "refuse"
    """A stock write for a SKU that is no product: an error, says KIT [?]."""

    # What the data of a live account look like. The defaults are those of the first captures.
    live_items: bool = False
    """Items with discount lines (sku "", unit_price below 0), a null sku here and there, often no
    tax_amount, options without a value [C]."""
    external_ids: Literal["none", "shops"] = "none"
    """external_shipment_id of imported shipments: null [C], or in the forms of Shopify, Amazon, TikTok
    and others [C]; it depends on the store."""
    sparse_shipments: bool = False
    """Null where the document demands a value: ship_date of what is on hold, package_id and
    package_code of one shipment in four [C]."""
    old_shipments: int = 0
    """How many shipments of 2019 the seed makes first: ship_from, return_to, warehouse_id, zone,
    carrier_id, service_code and ship_date null, all of one modified_at [C]."""
    ship_dates: Literal["t07", "pacific"] = "t07"
    """ship_date of labels and fulfillments: T07:00:00Z all year [C], or midnight in Los Angeles, T07 in
    summer and T08 in winter, on some fulfillments T12 [C]."""
    hold_dates: Literal["t00", "local"] = "t00"
    """hold_until_date: T00:00:00Z [I], or midnight in Los Angeles or Chicago: T08 and T06 in winter [C]."""
    label_quirks: bool = False
    """rate_details [] for USPS and with additional_fees for UPS, carrier_weight null, carrier_code usps,
    external_order_id on some labels [C]."""
    label_tracking_status: Literal["moves", "on_read", "lies"] = "moves"
    """tracking_status of a label once its parcel is delivered: turns to delivered [T]; does so only when
    that label is read by its id [T]; or, for one parcel in five, stays in_transit or says unknown [T]."""
    tracking_moves_labels: bool = True
    """Whether a tracking_status that turns moves the hidden instant by which sort_by=modified_at orders
    labels [?]."""
    unmapped_scans: bool = False
    """A scan in the middle of some USPS journeys says UN and CARRIER_STATUS_NOT_MAPPED [C]."""
    return_labels: bool = False
    """Of some delivered parcels a return label is made two days later, which names the label of the way
    out; such labels are documented [O], how a shop makes them is assumed [I]."""
    returns_after_delivery: bool = False
    """Some parcels are delivered and, days later, come back to the sender [I]."""

    # What happens in the account while the simulation runs, beside the ordinary.
    merges: bool = False
    """Waiting orders are merged: one takes up the items, the other is gone up to 15 minutes later [T]."""
    deletions: bool = False
    """Shipments are deleted, waiting ones and now and then one that was sent [T]."""
    rule_runs: bool = False
    """Automation rules change most imported orders once more, 240 to 300 seconds later [C, T]."""
    mass_ties: int = 0
    """So many shipments, old ones too, get one modified_at every third day. A page of 25 of them was
    captured [C], and that there may be thousands is inferred [I]."""

    # The account's own rate limit.
    requests_per_minute: int | None = None
    """200 by default on the real account [O], and so with `shipsync emulator`; None: no limit."""

    @classmethod
    def observed(cls, **others: Any) -> Self:
        """All that was seen of live accounts, at once; ``others`` are further options by name."""
        return cls(
            **{
                "hold_status": "on_hold",
                "tags_move_modified": False,
                "merged_shipment": "survivor",
                "rates_need_option_values": True,
                "refusals_show_shipment": True,
                "live_items": True,
                "external_ids": "shops",
                "sparse_shipments": True,
                "old_shipments": 25,
                "ship_dates": "pacific",
                "hold_dates": "local",
                "label_quirks": True,
                "label_tracking_status": "lies",
                "unmapped_scans": True,
                "returns_after_delivery": True,
                "merges": True,
                "deletions": True,
                "rule_runs": True,
                "mass_ties": 200,
                **others,
            }
        )
