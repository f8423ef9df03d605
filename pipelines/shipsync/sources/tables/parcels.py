"""What goes out: labels with their boxes, and what carriers say of them.

Times that a carrier may send without an offset stand twice: as they came (``*_text``) and as an instant that
reads a missing offset as UTC.
"""

from __future__ import annotations

from shipsync.sources.schema import (
    Derived,
    Table,
    address,
    boolean,
    day,
    dimensions,
    document,
    instant,
    local_time,
    money,
    number,
    text,
    weight,
    whole,
)

LABELS = Table(
    name="labels",
    about="Labels bought, with what they cost and whether they were voided.",
    one="a label",
    key=("label_id",),
    loading="versions",
    columns=(
        text("label_id", "ShipStation's id of the label"),
        text("status", "processing, completed, error or voided", standard="label_status"),
        text("shipment_id", "Shipment the label was made for"),
        text(
            "external_shipment_id",
            "Id given by the system that created the shipment; null for imported ones. Not a key",
        ),
        text("external_order_id", "The order's id in its order source"),
        instant("created_at", "When it was created"),
        day("ship_date", "Day printed on the label"),
        instant("voided_at", "When it was voided"),
        boolean("voided", "Whether it was voided; null means not", standard="is_voided"),
        boolean("is_return_label", "Whether goods come back with it"),
        boolean("is_international", "Whether it crosses a border"),
        boolean("trackable", "Whether the carrier tracks it", standard="is_trackable"),
        boolean("test_label", "Whether it is a test label", standard="is_test_label"),
        text("tracking_number", "Tracking number of the package with sequence 1"),
        text(
            "tracking_status",
            "unknown, in_transit, error or delivered. No evidence of movement: it reads"
            " in_transit as soon as the label is made",
        ),
        text("tracking_url", "The carrier's tracking page"),
        text("carrier_id", "ShipStation's id of the carrier account"),
        text("carrier_code", "Carrier, such as fedex or stamps_com"),
        text("service_code", "Carrier service, such as fedex_ground"),
        text("package_code", "Kind of package, such as package or flat_rate_envelope"),
        text("batch_id", "Batch the label was made in"),
        text("outbound_label_id", "For a return label, the label of the way out"),
        text("rma_number", "Return merchandise authorisation number"),
        *money("shipment_cost", "Price of the label"),
        *money("insurance_cost", "Price of the insurance"),
        *money("requested_comparison_amount", "Comparison rate"),
        document("rate_details", "Parts of the price, as JSON"),
        text("void_type", "How it was voided"),
        text(
            "confirmation", "Delivery confirmation asked for: none, delivery, signature and others"
        ),
        text(
            "charge_event",
            "When the carrier charges: carrier_default, on_creation or on_carrier_acceptance",
        ),
        text("validate_address", "Address check asked for"),
        text("label_download_type", "url or inline"),
        text("label_format", "pdf, png or zpl"),
        text("display_scheme", "How the label is shown: label, qr_code, paperless"),
        text("label_layout", "4x6 or letter"),
        text("label_image_id", "Logo printed on it"),
        text("shipping_rule_id", "Rule that was applied"),
        *weight("carrier_weight", "Weight the carrier charged for"),
        document("refund_details", "Refund of a voided label, as JSON"),
        document("label_download", "Download addresses, as JSON; they expire"),
        document("form_download", "Customs form download, as JSON"),
        document("qr_code_download", "QR code download, as JSON"),
        document("paperless_download", "Paperless download, as JSON"),
        document("insurance_claim", "Insurance claim, as JSON"),
        document("alternative_identifiers", "Further tracking numbers, as JSON"),
        document("pickup_windows", "Pick-up times, as JSON"),
        document("packages", "Boxes of this version, as JSON"),
        document(
            "shipment", "Shipment the label was made from, as JSON, when the answer contained one"
        ),
        *address("ship_to", "Recipient"),
    ),
)

LABEL_PACKAGES = Table(
    name="label_packages",
    about="Boxes of labels, each with its own tracking number.",
    one="a box",
    key=("label_id",),
    loading="children",
    columns=(
        text("label_id", "ShipStation's id of the label"),
        whole("package_index", "Position of the package in the list, from 0"),
        whole("package_id", "ShipStation's number of the box"),
        whole("sequence", "Number of the box on the label, from 1; not the order of the list"),
        text("package_code", "Kind of package, such as package or flat_rate_envelope"),
        text("tracking_number", "The carrier's tracking number"),
        text("external_package_id", "Id given by the system that created the package"),
        text("content_description", "What is inside, in words"),
        *weight("weight", "Weight"),
        *dimensions("dimensions"),
        *money("insured_value", "Insured value"),
        document("label_messages", "Reference lines printed on the label, as JSON"),
        document("alternative_identifiers", "Further tracking numbers, as JSON"),
        document("label_download", "Download addresses, as JSON; they expire"),
        document("form_download", "Customs form download, as JSON"),
        document("qr_code_download", "QR code download, as JSON"),
        document("paperless_download", "Paperless download, as JSON"),
        boolean("has_label_documents", "Whether a label can be downloaded"),
        boolean("has_form_documents", "Whether a customs form can be downloaded"),
        boolean("has_qr_code_documents", "Whether a QR code can be downloaded"),
        boolean("has_paperless_label_documents", "Whether a paperless label can be downloaded"),
    ),
)

TRACKING = Table(
    name="tracking",
    about="Where the parcels of a label are, as the carrier last said.",
    one="a parcel's tracking state",
    key=("label_id",),
    loading="versions",
    columns=(
        text(
            "label_id",
            "What is tracked: the label_id for the box that has the label's number, "
            "LABEL/NUMBER for a further box",
            standard="parcel_id",
        ),
        text("tracking_number", "The carrier's tracking number"),
        text("tracking_url", "The carrier's tracking page"),
        text(
            "status_code",
            "Two letters: UN unknown, AC accepted, IT in transit, DE delivered, EX "
            "exception, AT delivery attempted, NY not yet in system, SP service point",
        ),
        text("status_detail_code", "Finer status; an open list of codes, null for some carriers"),
        text("status_description", "status_code in words"),
        text("status_detail_description", "status_detail_code in words"),
        text("carrier_code", "Carrier, such as fedex or stamps_com"),
        whole(
            "carrier_id",
            "Number of the carrier in the tracking service; not the account's carrier_id",
            standard="tracking_carrier_id",
        ),
        text("carrier_detail_code", "The carrier's own detail code"),
        text("carrier_status_code", "The carrier's own status code"),
        text("carrier_status_description", "The carrier's own words for the status"),
        instant(
            "ship_date",
            "When the carrier took it; a time that came without offset is read as UTC",
            standard="shipped_at",
        ),
        instant(
            "estimated_delivery_date",
            "When it should arrive; a time that came without offset is read as UTC",
            standard="estimated_delivery_at",
        ),
        instant(
            "actual_delivery_date",
            "When it arrived; a time that came without offset is read as UTC",
            standard="delivered_at",
        ),
        text(
            "ship_date_text",
            "shipped_at as it came",
            standard="shipped_at_text",
            source="ship_date",
        ),
        text(
            "estimated_delivery_date_text",
            "estimated_delivery_at as it came",
            standard="estimated_delivery_at_text",
            source="estimated_delivery_date",
        ),
        text(
            "actual_delivery_date_text",
            "delivered_at as it came",
            standard="delivered_at_text",
            source="actual_delivery_date",
        ),
        text("exception_description", "What went wrong, in words"),
        whole("event_count", "Events in the answer, repeats included"),
    ),
    derived=(Derived("label_id", "label_id", "label_of_parcel", "Label of the parcel"),),
    refers_to={"label_id": "labels"},
    ignored=frozenset({"events"}),
)

TRACKING_EVENTS = Table(
    name="tracking_events",
    about="Scans and other tracking events.",
    one="an event of a parcel",
    key=(
        "label_id",
        "event_key",
    ),
    loading="insert_only",
    columns=(
        text(
            "label_id",
            "What is tracked: the label_id for the box that has the label's number, "
            "LABEL/NUMBER for a further box",
            standard="parcel_id",
        ),
        text("event_key", "Our key of the event inside its label; ShipStation gives none"),
        text("tracking_number", "The carrier's tracking number"),
        instant("occurred_at", "When it happened; a time that came without offset is read as UTC"),
        local_time(
            "carrier_occurred_at",
            "The carrier's wall clock where it happened; a Z sent with it is false and was dropped",
        ),
        text("occurred_at_text", "occurred_at as it came", source="occurred_at"),
        text(
            "carrier_occurred_at_text",
            "carrier_occurred_at as it came",
            source="carrier_occurred_at",
        ),
        text("description", "What happened, in words"),
        text("city_locality", "City"),
        text("state_province", "State or province"),
        text("postal_code", "Postal code"),
        text("country_code", "Country, ISO 3166 alpha-2"),
        text("company_name", "Company at the place of the scan"),
        text("signer", "Who signed"),
        text("event_code", "The carrier's code of the event"),
        text("carrier_detail_code", "The carrier's own detail code"),
        text(
            "status_code",
            "Two letters: UN unknown, AC accepted, IT in transit, DE delivered, EX "
            "exception, AT delivery attempted, NY not yet in system, SP service point",
        ),
        text("status_description", "status_code in words"),
        text("carrier_status_code", "The carrier's own status code"),
        text("carrier_status_description", "The carrier's own words for the status"),
        text("status_detail_code", "Finer status; an open list of codes, null for some carriers"),
        text("status_detail_description", "status_detail_code in words"),
        text("proof_of_delivery_url", "Proof of delivery"),
        number("latitude", "Degrees north"),
        number("longitude", "Degrees east"),
    ),
    derived=(Derived("label_id", "label_id", "label_of_parcel", "Label of the parcel"),),
    refers_to={"label_id": "labels"},
)
