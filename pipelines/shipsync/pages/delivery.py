"""The pages of carriers: how they do, and what may be promised to a buyer."""

from __future__ import annotations

from typing import Any

from shipsync.pages import charts
from shipsync.pages.content import Chart, Column, Kind, Section, Table, Tile, Tiles, Tone
from shipsync.pages.figures import decimal, is_thin, number, share, told, words
from shipsync.pages.reading import Reader

SHOWN_SERVICES = 16


def carriers(reader: Reader, _: str) -> tuple[Section, ...]:
    """Speed and punctuality by service and zone."""
    services = reader.rows("services", reader.until())
    rows = services.objects()
    shown = [{**row, "service": _service(row)} for row in rows if row["p50_days"] is not None][
        :SHOWN_SERVICES
    ]
    zones = [
        {**row, "service": words(row["service_code"] or "none")}
        for row in reader.objects("zones", reader.until())
    ]
    weeks = [
        {**row, "carrier": words(row["carrier_code"] or "none")}
        for row in reader.objects("on_time_weeks")
    ]
    return (
        _carrier_tiles(rows if reader.has("services") else None),
        Chart(
            "transit",
            "Days in transit: the median (dot) to the 85th percentile",
            charts.intervals(shown, "service", "p50_days", "p85_days", "n", "days in transit"),
            "First scan to delivery, of labels 14 to 104 days old. Grey: fewer than 10 parcels.",
            "metrics.parcel_delivery",
        ),
        Chart(
            "zones",
            "Median days in transit, by zone",
            charts.heat(zones, "zone", "service", "p50_days", "n", "zone", None),
            "The same parcels by zone of the rate. Darker is slower; the table has n.",
            "metrics.parcel_delivery",
        ),
        Chart(
            "on-time",
            "First attempt on time, by week",
            charts.lines(weeks, "week_start", "rate", "carrier", "on time", "%", "n"),
            "First attempt against the first estimate, of weeks old enough to judge. Hollow: fewer than 10 "
            "parcels.",
            "metrics.carrier_performance",
        ),
        Table(
            "services",
            "Services",
            (
                Column("carrier_code", "Carrier", Kind.CODE),
                Column("service_code", "Service", Kind.CODE),
                Column("parcels", "Parcels", Kind.NUMBER),
                Column("p50_days", "Median days", Kind.DECIMAL, "n"),
                Column("p85_days", "85 % within days", Kind.DECIMAL, "n"),
                Column("n", "n of days", Kind.NUMBER),
                Column("coverage", "Coverage of days", Kind.RATE),
                Column("on_time_rate", "On time", Kind.RATE, "n_punctuality"),
                Column("n_punctuality", "n of on time", Kind.NUMBER),
                Column("on_time_coverage", "Coverage of on time", Kind.RATE),
                Column("first_attempt_rate", "First attempt", Kind.RATE, "n_attempted"),
                Column("n_attempted", "n of attempts", Kind.NUMBER),
                Column("exception_rate", "Exceptions", Kind.RATE, "n_labels"),
                Column("n_labels", "n of labels", Kind.NUMBER),
            ),
            services,
            "metrics.parcel_delivery",
        ),
        Table(
            "weeks",
            "On time by week and carrier",
            (
                Column("week_start", "Week from"),
                Column("carrier_code", "Carrier", Kind.CODE),
                Column("rate", "On time", Kind.RATE, "n"),
                Column("n", "n", Kind.NUMBER),
                Column("coverage", "Coverage", Kind.RATE),
            ),
            reader.rows("on_time_weeks"),
            "metrics.carrier_performance",
        ),
    )


def _carrier_tiles(found: list[dict[str, Any]] | None) -> Tiles:
    rows = found or []
    parcels = sum(row["parcels"] for row in rows)
    return Tiles(
        (
            Tile(
                "Parcels judged",
                number(None if found is None else parcels),
                "parcels_judged",
                "labels 14 to 104 days old",
                rows="services",
            ),
            _rate(
                "First attempt on time",
                "first_attempt_on_time",
                rows,
                ("on_time_rate", "n_punctuality"),
                parcels,
                0.9,
            ),
            _rate(
                "Delivered at first attempt",
                "delivered_at_first_attempt",
                rows,
                ("first_attempt_rate", "n_attempted"),
                parcels,
                0.9,
            ),
            _rate(
                "With an exception",
                "with_an_exception",
                rows,
                ("exception_rate", "n_labels"),
                parcels,
                None,
            ),
        )
    )


def _rate(
    label: str,
    metric: str,
    rows: list[dict[str, Any]],
    columns: tuple[str, str],
    parcels: int,
    least: float | None,
) -> Tile:
    """The rate of all services together, from that of each and its n, which ``columns`` name."""
    rate, n = columns
    known = [row for row in rows if row[rate] is not None]
    count = sum(row[n] for row in known)
    value = sum(row[rate] * row[n] for row in known) / count if count else None
    is_low = value is not None and least is not None and value < least and not is_thin(count)
    return Tile(
        label,
        share(value),
        metric,
        told(count, count / parcels if parcels else None),
        Tone.WARNING if is_low else Tone.NEUTRAL,
        "services",
        is_thin=is_thin(count),
    )


def _service(row: dict[str, Any]) -> str:
    return f"{words(row['service_code'] or 'none')} (n {row['n']})"


def promise(reader: Reader, _: str) -> tuple[Section, ...]:
    """Days to name on a product page."""
    totals = reader.one("lane_totals")
    grid = reader.objects("zip_grid")
    lanes, enough = totals.get("lanes") or 0, totals.get("enough") or 0
    n, parcels = totals.get("n") or 0, totals.get("parcels") or 0
    return (
        Tiles(
            (
                Tile(
                    "Lanes",
                    number(totals.get("lanes")),
                    "lanes",
                    "warehouse, service, ZIP3",
                    rows="lanes",
                ),
                Tile(
                    "Lanes with a promise",
                    number(totals.get("enough")),
                    "lanes_with_a_promise",
                    f"{share(enough / lanes if lanes else None)}; others have fewer than 10 deliveries",
                    rows="lanes",
                ),
                Tile(
                    "Deliveries behind them",
                    number(totals.get("n")),
                    "lane_deliveries",
                    told(n, n / parcels if parcels else None),
                    is_thin=is_thin(n),
                ),
            )
        ),
        Chart(
            "zips",
            "Days within which 85 of 100 arrive, by the first two digits of the ZIP",
            charts.heat(
                grid, "second_digit", "first_digit", "p85_days", "n", "second digit", "first digit"
            ),
            "Lanes weighted by their deliveries. Thin numbers: fewer than 10 of them. "
            f"The slowest is {_slowest(grid)}.",
            "metrics.delivery_promise",
        ),
        Table(
            "lanes",
            "Lanes, those with most deliveries first",
            (
                Column("warehouse_id", "From"),
                Column("service_code", "Service", Kind.CODE),
                Column("zip3", "ZIP3"),
                Column("p50_days", "Median days", Kind.DECIMAL, "n"),
                Column("p85_days", "85 % within days", Kind.DECIMAL, "n"),
                Column("n", "n", Kind.NUMBER),
                Column("coverage", "Coverage", Kind.RATE),
                Column("promise_before_cutoff_date", "Ordered before cut-off"),
                Column("promise_after_cutoff_date", "Ordered after it"),
            ),
            reader.rows("lanes"),
            "metrics.delivery_promise",
            "No lane has a delivery yet.",
            limit=2000,
        ),
    )


def _slowest(grid: list[dict[str, Any]]) -> str:
    known = [row for row in grid if row["p85_days"] is not None]
    if not known:
        return "not known yet"
    worst = max(known, key=lambda row: (row["p85_days"], row["first_digit"], row["second_digit"]))
    return f"{worst['first_digit']}{worst['second_digit']}… with {decimal(worst['p85_days'])} days"
