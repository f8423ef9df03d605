"""Behaviour of the real API that nobody has established, as switches.

Each field names what ``api/FACTS.md`` says of it and its mark there; the defaults are what the
emulator assumes. A client that is right must be right under every setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Options:
    """How this account behaves where the documentation is silent."""

    # Paging.
    max_page_size: int = 500
    """Largest page of shipments, labels, fulfillments and inventory. 500 is stated [O] for
    fulfillments alone; the others are [?]. Products stop at 100 [O] whatever this says."""
    oversized_page: Literal["clamp", "refuse"] = "clamp"
    """A larger page_size gives the largest page, or a 400 [?]."""
    default_inventory_page_size: int = 25
    """Rows of an inventory page when none is asked for [?]."""
    inventory_paging: Literal["page", "links"] = "page"
    """Whether the inventory lists obey ``page`` [T], or only the opaque cursor in ``next.href``."""
    deepest_row: int | None = None
    """Offset from which pages cannot be had; 10,000 was seen once [T/?]. None: no such limit."""
    deep_page: Literal["not_found", "empty"] = "not_found"
    """A page past ``deepest_row`` answers 404 ("page not found" [T/?]) or is empty."""
    pages_when_empty: Literal[0, 1] = 0
    """``pages`` of a list without rows: the two official schemas contradict each other [O]."""
    public_url: str = "https://api.shipstation.com"
    """What the hrefs in ``links`` begin with [C]."""

    # Filters and order.
    start_is_inclusive: bool = True
    """Whether created_at_start and modified_at_start of shipments admit the instant itself [?]."""
    end_is_inclusive: bool = True
    """The same for the ends [?]. Bounds of labels and fulfillments are stated inclusive [O]."""
    ties: Literal["insertion", "reversed", "shuffled"] = "insertion"
    """Order of rows with one sort value [?]; ``shuffled`` differs from request to request."""
    shipments_sort_by: Literal["modified_at", "created_at"] = "created_at"
    """Sort of shipments when none is asked for [?]."""
    unlisted_modified_sort: Literal["modified", "created", "nothing"] = "modified"
    """What sort_by=modified_at does on labels and fulfillments, which have no such field [O, C]."""
    fulfillments_include_labels: bool = False
    """Whether a shipment with a label is listed as a fulfillment too [?]."""

    # Answers.
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

    # The account's own rate limit.
    requests_per_minute: int | None = None
    """200 by default on the real account [O], and so with `shipsync emulator`; None: no limit."""
