"""The pages of money: what shipping costs against what buyers pay, and what can be claimed back."""

from __future__ import annotations

from typing import Any

from shipsync.pages import charts
from shipsync.pages.content import Chart, Column, Kind, Section, Table, Tile, Tiles, Tone
from shipsync.pages.figures import is_thin, money, number, share, told, words
from shipsync.pages.reading import Reader


def shipping_margin(reader: Reader, _: str) -> tuple[Section, ...]:
    """Charged against cost, by place and weight; each currency for itself."""
    totals = reader.objects("margin_totals")
    main = totals[0]["currency"] if totals else None
    states = [row for row in reader.objects("margin_by_state") if row["currency"] == main]
    weeks = [
        row
        for row in reader.objects("margin_by_week", {"zone": reader.zone.key})
        if row["currency"] == main
    ]
    bands = reader.rows("weight_bands")
    shown = f"in {main.upper()}" if main else ""
    return (
        Tiles(tuple(tile for total in totals for tile in _margin_tiles(total))),
        Chart(
            "waterfall",
            f"From charged to net, {shown}".rstrip(", "),
            charts.signed_bars(_waterfall(totals), "part", "amount", f"sum {shown}".strip()),
            "What buyers paid for shipping, what labels cost, and what is left; orders that are complete.",
            "metrics.order_margin",
        ),
        Chart(
            "weeks",
            "Net by week",
            charts.bars_by_day(weeks, "week", "net", f"net {shown}".strip(), charts.SERIES[1]),
            "Charged minus cost of the orders imported in that week; recent weeks still lack orders.",
            "metrics.order_margin",
        ),
        Chart(
            "states",
            "Net per order, by state",
            charts.signed_bars(
                _ends(states), "place", "net_per_order", f"net per order {shown}".strip()
            ),
            "The ten states that cost most per order and the five that bring most, of those with 10 "
            "orders or more.",
            "metrics.order_margin",
        ),
        _bands(bands),
        Table(
            "orders",
            "Orders sent at a loss, the dearest first",
            (
                Column("order_id", "Order"),
                Column("net", "Net", Kind.MONEY, "currency"),
                Column("charged", "Charged", Kind.MONEY, "currency"),
                Column("cost", "Cost", Kind.MONEY, "currency"),
                Column("recovery", "Recovered", Kind.RATE),
                Column("parcels", "Parcels", Kind.NUMBER),
                Column("place", "State"),
                Column("ordered_at", "Imported"),
                Column("store_id", "Store"),
            ),
            reader.rows("worst_orders"),
            "metrics.order_margin",
            "No complete order was sent at a loss.",
        ),
        Table(
            "states-table",
            "All states",
            (
                Column("place", "State"),
                Column("orders", "Orders (n)", Kind.NUMBER),
                Column("net_per_order", "Net per order", Kind.MONEY, "currency"),
                Column("net", "Net", Kind.MONEY, "currency"),
                Column("charged", "Charged", Kind.MONEY, "currency"),
                Column("cost", "Cost", Kind.MONEY, "currency"),
            ),
            reader.rows("margin_by_state"),
            "metrics.order_margin",
        ),
    )


def _margin_tiles(total: dict[str, Any]) -> tuple[Tile, ...]:
    currency, orders = total["currency"], total["orders"]
    where = f"{number(orders)} complete orders"
    return (
        Tile("Charged to buyers", money(total["charged"], currency), "shipping_charged", where),
        Tile("Cost of labels", money(total["cost"], currency), "shipping_cost", where),
        Tile(
            "Net",
            money(total["net"], currency),
            "shipping_net",
            f"{number(total['at_loss'])} orders at a loss",
            Tone.ALARM if total["net"] < 0 else Tone.GOOD,
            "orders",
        ),
        Tile(
            "Recovered",
            share(total["recovery"]),
            "shipping_recovered",
            told(orders, None),
            is_thin=is_thin(orders),
        ),
    )


def _waterfall(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not totals:
        return []
    first = totals[0]
    return [
        {"part": "charged", "amount": float(first["charged"])},
        {"part": "cost", "amount": -float(first["cost"])},
        {"part": "net", "amount": float(first["net"])},
    ]


def _ends(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = [row for row in states if row["orders"] >= 10 and row["place"]]
    return known if len(known) <= 15 else known[:10] + known[-5:]


def _bands(rows: Any) -> Table:
    return Table(
        "bands",
        "Cost by weight",
        (
            Column("weight_band", "Weight"),
            Column("labels", "Labels (n)", Kind.NUMBER),
            Column("cost_per_label", "Cost per label", Kind.MONEY, "currency"),
            Column("cost", "Cost", Kind.MONEY, "currency"),
            Column("dimensional", "Billed by size", Kind.NUMBER),
            Column("surcharge", "Surcharges", Kind.MONEY, "currency"),
            Column("surcharge_coverage", "Coverage of surcharges", Kind.RATE),
        ),
        rows,
        "metrics.shipping_cost",
    )


def label_money(reader: Reader, _: str) -> tuple[Section, ...]:
    """Labels that were paid for and did nothing."""
    totals = reader.objects("claim_totals")
    weeks = [
        {**row, "carrier": words(row["carrier_code"] or "none"), "cost": row["cost"]}
        for row in reader.objects("label_cost_by_week", reader.today())
    ]
    main = weeks[0]["currency"] if weeks else None
    return (
        Tiles(
            (
                *(
                    Tile(
                        words(total["reason"]).capitalize(),
                        money(total["amount"], total["currency"]),
                        "money_to_claim",
                        f"{number(total['labels'])} labels",
                        Tone.WARNING,
                        "claims",
                    )
                    for total in totals
                ),
                *(
                    Tile(
                        "Cheaper and as fast",
                        money(saving["saving"], saving["currency"]),
                        "possible_savings",
                        f"{number(saving['labels'])} labels",
                    )
                    for saving in reader.objects("savings")
                ),
            )
        ),
        Chart(
            "cost",
            "Cost of labels by week and carrier" + (f", in {main.upper()}" if main else ""),
            charts.stacked_by_day(
                [row for row in weeks if row["currency"] == main], "week", "cost", "carrier", "cost"
            ),
            "Live outbound labels of the last 120 days; this week is not over.",
            "metrics.shipping_cost",
        ),
        Table(
            "claims",
            "Money to claim back",
            (
                Column("reason", "Why", Kind.CODE),
                Column("amount", "Amount", Kind.MONEY, "currency"),
                Column("age_days", "Age, days", Kind.NUMBER),
                Column("carrier_code", "Carrier", Kind.CODE),
                Column("service_code", "Service", Kind.CODE),
                Column("tracking_number", "Tracking number"),
                Column("labelled_at", "Bought"),
                Column("voided_at", "Voided"),
                Column("label_id", "Label"),
            ),
            reader.rows("claims"),
            "metrics.label_money",
            "There is nothing to claim back.",
        ),
    )
