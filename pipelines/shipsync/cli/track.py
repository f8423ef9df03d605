"""``shipsync track``: where an order is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shipsync.cli import options, output

if TYPE_CHECKING:
    from shipsync.tracking import Event, Order, Parcel, Shipment

app = typer.Typer()


@app.command(epilog="Example: shipsync track 10452")
def track(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER",
            help="Shipment number, external shipment or order id, sales order or tracking number.",
        ),
    ],
    connection: options.ConnectionName = "default",
    database: options.DatabaseFile = None,
    as_json: options.AsJson = False,
) -> None:
    """Tell where an order is, by what the last sync brought."""
    from shipsync import tracking
    from shipsync.warehouse.database import connect

    local = options.held(connection, database)
    with connect(local.database, read_only=True) as con:
        found = tracking.track(con, order)
    if as_json:
        output.show_json(tracking.answer(found))
        return
    for line in told(found):
        output.say(line)


def told(order: Order) -> list[str]:
    """An order as lines for a person."""
    count = len(order.shipments)
    lines = [f"Order {order.order_id}" + (f", in {count} shipments" if count > 1 else "")]
    for shipment in order.shipments:
        parcel = shipment.parcel
        status = _status(parcel) if parcel else _unsent(shipment)
        lines.append(f"  {shipment.shipment_id}: {status}")
        lines += [f"    {name:<17} {value}" for name, value in _details(parcel)]
    return lines


def _unsent(shipment: Shipment) -> str:
    if shipment.shipment_status == "cancelled":
        return "cancelled"
    if shipment.parcels:
        return "its label was voided, no other was bought yet"
    return "not shipped yet"


def _status(parcel: Parcel) -> str:
    return parcel.status_description or "shipped; the carrier has reported nothing yet"


def _details(parcel: Parcel | None) -> list[tuple[str, str]]:
    if parcel is None:
        return []
    latest = parcel.events[0] if parcel.events else None
    details = [
        ("carrier", parcel.carrier),
        ("tracking number", parcel.tracking_number),
        ("tracking page", parcel.tracking_url),
        ("problem", parcel.exception_description),
        ("latest event", _event(latest) if latest else None),
        ("expected", _day(parcel.estimated_delivery_date)),
        ("delivered", _day(parcel.actual_delivery_date)),
        ("as of", parcel.known_at),
    ]
    return [(name, output.cell(value)) for name, value in details if value]


def _day(moment: object) -> object:
    # A delivery date of midnight is a day, not an instant.
    return output.cell(moment).removesuffix(" 00:00:00Z") if moment else None


def _event(event: Event) -> str:
    place = ", ".join(part for part in (event.city_locality, event.state_province) if part)
    # The local time of the place is what the carrier's own page shows.
    when = output.cell(event.carrier_occurred_at or event.occurred_at)
    return " · ".join(part for part in (event.description, place, when) if part)
