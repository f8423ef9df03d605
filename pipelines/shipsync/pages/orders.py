"""The pages of orders: the morning board, and where an order is."""

from __future__ import annotations

from typing import Any

from shipsync.pages import charts
from shipsync.pages.content import (
    Chart,
    Column,
    Kind,
    Notice,
    Search,
    Section,
    Table,
    Tile,
    Tiles,
    Tone,
)
from shipsync.pages.figures import count_tile, decimal, is_thin, number, share, spark, told, words
from shipsync.pages.reading import Reader

SOON_DAYS = 7

_EXCEPTIONS = (
    Column("order_id", "Order"),
    Column("reason", "Why", Kind.CODE),
    Column("next_step", "Next step"),
    Column("days_late", "Days late", Kind.NUMBER),
    Column("days_silent", "Days silent", Kind.NUMBER),
    Column("order_value", "Order value", Kind.MONEY, "currency"),
    Column("promised_date", "Promised"),
    Column("carrier_code", "Carrier", Kind.CODE),
    Column("state", "State", Kind.CODE),
    Column("tracking_number", "Tracking number"),
)


def morning_board(reader: Reader, _: str) -> tuple[Section, ...]:
    """What to do first today."""
    backlog = reader.objects("backlog_by_day", reader.dated())
    due = reader.objects("due_by_hour")
    return (
        _morning_tiles(reader, backlog),
        Chart(
            "backlog",
            "Orders that wait, at the end of each day",
            charts.bars_by_day(backlog, "day", "open", "open shipments"),
            f"Open shipments at the end of the last {len(backlog)} days; {_last(backlog, 'open')} today. "
            "Cancelled ones are left out of all days.",
            "metrics.open_orders",
        ),
        Chart(
            "due",
            "When the open ones are due",
            charts.bars_by_day(due, "due_at", "orders", "shipments due", charts.SERIES[2]),
            "Open shipments that are not held, by the hour at which they must have a label: from two days "
            "ago to four days ahead. Older ones are in the table.",
            "metrics.open_orders",
        ),
        Table(
            "at-risk",
            "Late, due within 24 hours, or short of stock",
            (
                Column("shipment_number", "Order"),
                Column("due_at", "Due"),
                Column("hours_left", "Hours left", Kind.DECIMAL),
                Column("shipment_status", "Status", Kind.CODE),
                Column("units", "Units", Kind.NUMBER),
                Column("short_skus", "Short SKUs", Kind.NUMBER),
                Column("order_value", "Order value", Kind.MONEY, "currency"),
                Column("ordered_at", "Imported"),
                Column("store_id", "Store"),
            ),
            reader.rows("orders_at_risk"),
            "metrics.open_orders",
            "No order is at risk.",
        ),
        stock_out_table(reader, SOON_DAYS),
        _exceptions(reader),
    )


def _morning_tiles(reader: Reader, backlog: list[dict[str, Any]]) -> Tiles:
    totals = reader.one("open_totals")
    stock = reader.one("stock_totals", reader.today())
    out = spark(day["out"] for day in reader.objects("stock_out_by_day"))
    troubled = reader.objects("exception_totals")
    parcels = sum(row["parcels"] for row in troubled) if reader.has("exception_totals") else None
    yesterday = backlog[-2]["open"] if len(backlog) > 1 else None
    return Tiles(
        (
            Tile(
                "Open shipments",
                number(totals.get("open")),
                "open_shipments",
                f"yesterday {number(yesterday)}, held {number(totals.get('held'))}",
                spark=spark(day["open"] for day in backlog),
            ),
            count_tile("Past due", totals.get("breached"), "past_due", rows="at-risk"),
            count_tile(
                "Due within 24 hours",
                totals.get("at_risk"),
                "due_within_24_hours",
                tone=Tone.WARNING,
                rows="at-risk",
            ),
            count_tile(
                "Short of stock",
                totals.get("blocked"),
                "short_of_stock",
                tone=Tone.WARNING,
                detail="open shipments",
                rows="at-risk",
            ),
            _sla_tile(reader),
            count_tile(
                f"Out of stock in {SOON_DAYS} days",
                stock.get("out_soon"),
                "out_of_stock_in_7_days",
                detail=f"of {number(stock.get('skus'))} SKUs; line: SKUs at zero",
                rows="stock-outs",
                points=out,
            ),
            count_tile(
                "Parcels that need a person",
                parcels,
                "parcels_that_need_a_person",
                detail=", ".join(
                    f"{row['parcels']} {words(row['reason'])}" for row in troubled[:3]
                ),
                rows="exceptions",
            ),
        )
    )


def _sla_tile(reader: Reader) -> Tile:
    days = reader.objects("sla_by_day", reader.today())
    n = sum(day["n"] or 0 for day in days)
    rate = sum(day["on_time"] or 0 for day in days) / n if n else None
    known = [day["coverage"] for day in days if day["coverage"] is not None]
    return Tile(
        "Labelled by due, 28 days",
        share(rate),
        "labelled_by_due",
        told(n, sum(known) / len(known) if known else None),
        Tone.NEUTRAL if rate is None or rate >= 0.95 else Tone.WARNING,
        spark=spark(day["rate"] for day in days),
        is_thin=is_thin(n),
    )


def stock_out_table(reader: Reader, days: int) -> Table:
    """SKUs that run out within so many days, with when to order."""
    return Table(
        "stock-outs",
        f"Out of stock within {days} days",
        (
            Column("sku", "SKU"),
            Column("stockout_date", "Runs out"),
            Column("order_by_date", "Order by"),
            Column("reorder_quantity", "Order units", Kind.NUMBER),
            Column("on_hand", "On hand", Kind.NUMBER),
            Column("waiting", "Waiting", Kind.NUMBER),
            Column("incoming", "Incoming", Kind.NUMBER),
            Column("units_per_day", "Units a day", Kind.DECIMAL),
            Column("cover_days", "Cover, days", Kind.DECIMAL),
        ),
        reader.rows("stock_out_soon", {**reader.today(), "days": days}),
        "metrics.stock_cover",
        "Nothing runs out.",
    )


def _exceptions(reader: Reader) -> Table:
    return Table(
        "exceptions",
        "Parcels that need a person, the costliest delay first",
        _EXCEPTIONS,
        reader.rows("exceptions"),
        "metrics.delivery_exceptions",
        "No parcel needs a person.",
    )


def where_is_it(reader: Reader, asked: str) -> tuple[Section, ...]:
    """Parcels in trouble, and the timeline of one order."""
    totals = reader.objects("exception_totals")
    survival = _survival(reader)
    n = survival[0]["n"] if survival else 0
    return (
        Search("Order number, tracking number, shipment or label", asked),
        *(_found(reader, asked) if asked.strip() else ()),
        Tiles(
            tuple(
                count_tile(
                    words(row["reason"]).capitalize(),
                    row["parcels"],
                    "parcels_that_need_a_person",
                    tone=Tone.ALARM
                    if row["reason"] in ("returning", "exception")
                    else Tone.WARNING,
                    rows="exceptions",
                )
                for row in totals
            )
        ),
        _exceptions(reader),
        Chart(
            "survival",
            "Parcels not delivered yet, by days after the label",
            charts.step_area(survival, "day", "share", "not delivered", "%"),
            f"Share of parcels still under way; labels at least 21 days old, n = {number(n)}. After five "
            f"days {share(survival[5]['share'] if len(survival) > 5 else None)} are.",
            "metrics.parcel_delivery",
        ),
        Table(
            "wismo",
            "Reasons to ask “where is my order”, per carrier",
            (
                Column("carrier_code", "Carrier", Kind.CODE),
                Column("load_per_100", "Per 100 under way", Kind.DECIMAL, "n"),
                Column("n", "Under way (n)", Kind.NUMBER),
                Column("late", "Late", Kind.NUMBER),
                Column("silent", "Silent", Kind.NUMBER),
                Column("attempt_failed", "Attempt failed", Kind.NUMBER),
                Column("never_scanned", "Never scanned", Kind.NUMBER),
            ),
            reader.rows("wismo"),
            "metrics.wismo_load",
            "Nothing is under way.",
        ),
    )


def _survival(reader: Reader) -> list[dict[str, Any]]:
    rows = reader.objects("survival", reader.until())
    return [{**row, "share": row["waiting"] / row["n"]} for row in rows if row["n"]]


def _found(reader: Reader, asked: str) -> tuple[Section, ...]:
    keys = [row["order_key"] for row in reader.objects("found_orders", {"reference": asked})]
    if not keys:
        return (
            Notice(
                Tone.WARNING,
                f"Nothing here is called {asked.strip()!r}. Look it up as it stands in ShipStation; what was "
                "made since the last run is not known yet.",
            ),
        )
    parts = reader.rows("parts_of_order", {"orders": keys})
    return (
        Table(
            "parcels-found",
            f"Parcels of {asked.strip()}",
            (
                Column("order_id", "Order"),
                Column("state", "State", Kind.CODE),
                Column("carrier_code", "Carrier", Kind.CODE),
                Column("service_code", "Service", Kind.CODE),
                Column("tracking_number", "Tracking number"),
                Column("promised_date", "Promised"),
                Column("delivered_at", "Delivered"),
                Column("last_event_at", "Last scan"),
                Column("last_event_description", "What it said"),
            ),
            parts,
            "tracking.order_parts",
        ),
        Table(
            "timeline",
            "Its scans, newest first",
            (
                Column("moment", "When"),
                Column("state", "State", Kind.CODE),
                Column("description", "What"),
                Column("city_locality", "City"),
                Column("state_province", "State or province"),
                Column("country_code", "Country"),
                Column("tracking_number", "Tracking number"),
            ),
            reader.rows("timeline_of_order", {"orders": keys}),
            "tracking.timeline",
            "No scan is known yet.",
        ),
    )


def _last(rows: list[dict[str, Any]], name: str) -> str:
    return decimal(rows[-1][name]).removesuffix(".0") if rows else "none"
