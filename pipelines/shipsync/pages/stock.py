"""The page of stock: what runs out, when to order, and what moved without a reason."""

from __future__ import annotations

from typing import Any

from shipsync.pages import charts
from shipsync.pages.content import Chart, Column, Kind, Section, Table, Tile, Tiles, Tone
from shipsync.pages.figures import count_tile, number
from shipsync.pages.reading import Reader

SHOWN_SKUS = 16


def stock(reader: Reader, _: str) -> tuple[Section, ...]:
    """Cover, order-by dates and history."""
    cover = reader.rows("stock_cover")
    strips = [row for row in cover.objects() if row["cover_days"] is not None][:SHOWN_SKUS]
    history = reader.objects("stock_steps")
    unexplained = reader.rows("stock_unexplained")
    moved = len(unexplained.rows) if reader.has("stock_unexplained") else None
    return (
        _tiles(reader.one("stock_totals", reader.today()), moved),
        Chart(
            "cover",
            "Days of cover, the soonest to order first",
            charts.signed_bars(_named(strips), "sku", "cover_days", "days of cover"),
            f"On hand minus waiting units, over units a day; {len(strips)} SKUs. Behind each name: order by.",
            "metrics.stock_cover",
        ),
        Chart(
            "history",
            "On hand at the end of each day, days at zero shaded",
            charts.steps(history, "day", "closing", "sku"),
            "The eight SKUs that run out first, over the days that were read.",
            "metrics.stock_history",
        ),
        Table(
            "cover-table",
            "All SKUs",
            (
                Column("sku", "SKU"),
                Column("order_by_date", "Order by"),
                Column("reorder_quantity", "Order units", Kind.NUMBER),
                Column("stockout_date", "Runs out"),
                Column("cover_days", "Cover, days", Kind.DECIMAL),
                Column("on_hand", "On hand", Kind.NUMBER),
                Column("available", "Available", Kind.NUMBER),
                Column("waiting", "Waiting", Kind.NUMBER),
                Column("incoming", "Incoming", Kind.NUMBER),
                Column("units_per_day", "Units a day", Kind.DECIMAL),
                Column("last_sold_date", "Last sold"),
                Column("movement_class", "Class", Kind.CODE),
            ),
            cover,
            "metrics.stock_cover",
            "No stock was read: the account may have no inventory.",
            limit=2000,
        ),
        Table(
            "unexplained",
            "Movements that nothing explains",
            (
                Column("day", "Day"),
                Column("sku", "SKU"),
                Column("unexplained", "Unexplained", Kind.NUMBER),
                Column("change", "Change", Kind.NUMBER),
                Column("own_units", "Our writes", Kind.NUMBER),
                Column("labelled_units", "Units of labels", Kind.NUMBER),
            ),
            unexplained,
            "metrics.stock_unexplained",
            "Every movement is explained.",
        ),
    )


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "sku": f"{row['sku']} ({row['order_by_date']:%b %d})"
            if row["order_by_date"]
            else row["sku"],
            "cover_days": row["cover_days"],
        }
        for row in rows
    ]


def _tiles(totals: dict[str, Any], unexplained: int | None) -> Tiles:
    return Tiles(
        (
            Tile("SKUs", number(totals.get("skus")), "skus", rows="cover-table"),
            count_tile(
                "Out of stock in 7 days",
                totals.get("out_soon"),
                "out_of_stock_in_7_days",
                rows="cover-table",
            ),
            count_tile(
                "To order by today",
                totals.get("order_now"),
                "to_order_by_today",
                tone=Tone.WARNING,
                rows="cover-table",
            ),
            Tile(
                "Not moving",
                number(totals.get("resting")),
                "not_moving",
                "slow for 90 days or dead for 180",
                rows="cover-table",
            ),
            count_tile(
                "Unexplained movements",
                unexplained,
                "unexplained_movements",
                tone=Tone.WARNING,
                detail="SKU and day",
                rows="unexplained",
            ),
        )
    )
