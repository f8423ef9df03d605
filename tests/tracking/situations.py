"""The situations by name; what each is told as stands in ``answers.txt``."""

from __future__ import annotations

from tracking.cases import Body, Case, add_label, fedex, order, said, seen, shipment, ups, usps

ON_THE_WAY = seen("2026-03-11T08:00:00", "IT", "HUB_SCAN_OUT", "Departed regional facility")
LABEL_MADE = seen("2026-03-03T02:10:00", "AC", "ELEC_ADVICE_RECD_BY_CARRIER", "Label made")


def arrived(words: str, detail: str | None = "DELIVERED", **more: object) -> Body:
    """The scan at the door."""
    return seen("2026-03-11T17:30:00", "DE", detail, words, **more)


def delivered(detail: str | None, words: str, **more: object) -> Body:
    """A delivery, as USPS tells it."""
    return usps(said("DE", detail, words, arrived(words, detail, **more), ON_THE_WAY, LABEL_MADE))


def trouble(detail: str, words: str, **more: object) -> Body:
    """An exception, as FedEx tells it."""
    happened = seen("2026-03-11T09:15:00", "EX", detail, words)
    return fedex(
        said("EX", detail, words, happened, ON_THE_WAY, exception_description=words, **more)
    )


def _several() -> Case:
    case = order("several", usps(said("IT", "HUB_SCAN_OUT", "Departed", ON_THE_WAY)))
    case.shipments.append(shipment("several", "se-several-2", is_labelled=True))
    told = said("DE", "DELIVERED", "Delivered, front door", arrived("Delivered, front door"))
    add_label(case, "se-several-2", "se-9several2", fedex(told))
    return case


def _reprinted() -> Case:
    return order(
        "reprinted",
        usps(voided=True, tracking_number="9400100000000000000009", status="voided"),
        usps(said("IT", "HUB_SCAN_OUT", "Departed", ON_THE_WAY)),
    )


def _partly_cancelled() -> Case:
    case = order("partly_cancelled", usps(said("IT", "HUB_SCAN_OUT", "Departed", ON_THE_WAY)))
    gone = shipment("partly_cancelled", "se-gone", is_labelled=False, shipment_status="cancelled")
    case.shipments.append(gone)
    return case


def _gone(number: str, *labels: Body, merged_into: str | None = None) -> Case:
    case = order(number, *labels)
    case.gone[f"se-{number}"] = merged_into
    return case


def _outside(**more: object) -> Case:
    case = order("outside")
    case.fulfillments.append(
        {
            "fulfillment_id": "se-77",
            "shipment_id": "se-outside",
            "tracking_number": "JD014600",
            "fulfillment_carrier_friendly_name": "DHL Express",
            "created_at": "2026-03-10T12:00:00Z",
            "ship_date": "2026-03-10T07:00:00Z",
            "voided": False,
            **more,
        }
    )
    return case


def _boxes() -> Case:
    numbers = ("1Z999AA10123456784", "1Z999AA10123456785", "1Z999AA10123456786")
    packages = [{"sequence": n + 1, "tracking_number": number} for n, number in enumerate(numbers)]
    told = said("IT", None, "On the way", seen("2026-03-11T08:00:00", "IT", None, "On the way"))
    case = order("boxes", ups(told, packages=packages))
    # The second box is followed on its own; of the third nothing is told but with the first.
    label_id = case.labels[0]["label_id"]
    second = said("DE", None, "Delivered", arrived("Delivered", None))
    case.tracking[f"{label_id}/{numbers[1]}"] = {
        **second,
        "tracking_number": numbers[1],
        "tracking_url": f"https://track.example/{numbers[1]}",
    }
    return case


RETURNED = (
    seen("2026-03-11T15:00:00", "DE", "DELIVERED", "Delivered, to original sender"),
    seen("2026-03-07T11:00:00", "EX", "RETURN_TO_SENDER", "No such number"),
    ON_THE_WAY,
)
HELD = {"hold_until_date": "2026-03-20T00:00:00Z"}
LATER = {"ship_date": "2026-03-25T00:00:00Z"}
DUE = {"estimated_delivery_date": "2026-03-13T00:00:00Z"}
OVERDUE = {"estimated_delivery_date": "2026-03-09T00:00:00"}

CASES: dict[str, Case] = {
    "not_shipped": order("not_shipped"),
    "on_hold": order("on_hold", **HELD),
    "ships_later": order("ships_later", **LATER),
    "cancelled": order("cancelled", shipment_status="cancelled"),
    "deleted": _gone("deleted"),
    "merged": _gone("merged", merged_into="se-not_shipped"),
    "merged_into_nothing_known": _gone("merged_into_nothing_known", merged_into="se-0"),
    "gone_but_sent": _gone(
        "gone_but_sent", usps(said("IT", "HUB_SCAN_OUT", "Departed", ON_THE_WAY))
    ),
    "failed": order("failed", usps(status="error", tracking_number=None)),
    "voided": order("voided", usps(voided=True, status="voided")),
    "reprinted": _reprinted(),
    "announced": order(
        "announced",
        usps(
            said("AC", "ELEC_ADVICE_RECD_BY_CARRIER", "Label made", LABEL_MADE),
            created_at="2026-03-11T09:00:00Z",
        ),
    ),
    "never_scanned": order("never_scanned", usps(said("NY", None, "Tracking is not available"))),
    "nobody_asked": order("nobody_asked", usps()),
    "no_tracking": order("no_tracking", usps(trackable=False)),
    "outside": _outside(),
    "accepted": order(
        "accepted",
        fedex(
            said(
                "AC", "PICKED_UP", "Picked up", seen("2026-03-11T16:00:00", "AC", None, "P"), **DUE
            )
        ),
    ),
    "in_transit": order(
        "in_transit",
        ups(
            said(
                "IT",
                None,
                "On the way",
                seen("2026-03-11T08:00:00", "IT", None, "On the way"),
                **DUE,
            )
        ),
    ),
    "late": order("late", fedex(said("IT", "IN_TRANSIT", "On the way", ON_THE_WAY, **OVERDUE))),
    "silent": order(
        "silent",
        usps(said("IT", "HUB_SCAN_OUT", "Departed", seen("2026-03-04T08:00:00", "IT", None, "D"))),
    ),
    "out_for_delivery": order(
        "out_for_delivery",
        ups(
            said(
                *("IT", None, "Out for delivery"),
                seen("2026-03-12T08:40:00", "IT", None, "Out for delivery"),
                carrier_detail_code="OT",
                **DUE,
            )
        ),
    ),
    "pickup": order(
        "pickup",
        usps(
            said(
                *("SP", "AWAITING_COLLECTION_FROM_PICKUP_POINT", "Available for pickup"),
                seen("2026-03-11T10:00:00", "SP", None, "Available for pickup"),
            )
        ),
    ),
    "attempted": order(
        "attempted",
        usps(
            said(
                *("AT", "ATTEMPTED_DELIVERY", "Notice left, nobody home"),
                seen("2026-03-11T14:20:00", "AT", "ATTEMPTED_DELIVERY", "Notice left, nobody home"),
            )
        ),
    ),
    "delayed": order("delayed", trouble("CARRIER_DELAYS", "Weather delay", **DUE)),
    "customs": order("customs", trouble("CUSTOMS_PROCESSING", "Clearance delay")),
    "customs_papers": order(
        "customs_papers", trouble("INCORRECT_DECLARATION", "Commercial invoice missing")
    ),
    "address": order("address", trouble("ADDRESS_QUERY", "Apartment number missing")),
    "damaged": order("damaged", trouble("PARCEL_DAMAGED", "Package damaged")),
    "lost": order("lost", trouble("PARCEL_LOST", "Package lost")),
    "refused": order("refused", trouble("REFUSED_BY_CUSTOMER", "Refused by recipient")),
    "returning": order("returning", trouble("RETURN_TO_SENDER", "Incorrect address")),
    "returned": order(
        "returned", usps(said("DE", "DELIVERED", "Delivered, to original sender", *RETURNED))
    ),
    "odd_code": order("odd_code", trouble("SEIZED_BY_PIRATES", "Held at sea")),
    "odd_status": order("odd_status", fedex(said("ZZ", None, "Held at sea", ON_THE_WAY))),
    "delivered": order("delivered", delivered("DELIVERED", "DELIVERED, FRONT DOOR/PORCH")),
    "delivered_signed": order(
        "delivered_signed", delivered("DELIVERED", "Delivered", signer="A BUYER")
    ),
    "delivered_proven": order(
        "delivered_proven",
        delivered("DELIVERED", "Delivered", proof_of_delivery_url="https://track.example/photo"),
    ),
    "neighbour": order("neighbour", delivered("DELIVERED_TO_NEIGHBOUR", "Left with no. 12")),
    "safe_place": order("safe_place", delivered("DELIVERED_SPECIFIED_SAFE_PLACE", "Garage")),
    "in_part": order("in_part", delivered("DELIVERED_IN_PART", "1 of 2 delivered")),
    "delivered_damaged": order(
        "delivered_damaged", delivered("DELIVERED_DAMAGED", "Delivered, damaged")
    ),
    "several": _several(),
    "boxes": _boxes(),
    "partly_cancelled": _partly_cancelled(),
}
