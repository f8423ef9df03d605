"""Altair charts in one look. Colours are CSS variables, so that one picture serves light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import altair as alt

Rows = Sequence[dict[str, Any]]
Draw = Callable[[int], Any]

SERIES: Final = [f"var(--s{number})" for number in range(1, 7)]
HEAT: Final = [f"var(--h{number})" for number in range(1, 6)]
ALARM: Final = "var(--alarm)"
MUTED: Final = "var(--muted)"
_FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_NARROW: Final = 520
_UNNAMED_GROUP: Final = re.compile(
    r' role="graphics-symbol" aria-roledescription="[a-z]+ mark container"(?! aria-label)'
)


def themed(chart: Any, width: int, height: int) -> Any:
    """The chart in the look of the pages: no frame, quiet grid, the ink of the page."""
    return (
        chart.properties(
            width=width,
            height=height,
            background="transparent",
            autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        )
        .configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor="var(--muted)",
            titleColor="var(--muted)",
            gridColor="var(--grid)",
            domainColor="var(--line)",
            tickColor="var(--line)",
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=240 if width > _NARROW else 130,
            labelOverlap=True,
        )
        .configure_legend(
            labelColor="var(--ink)",
            labelFontSize=12,
            title=None,
            orient="top",
            columns=6 if width > _NARROW else 2,
            symbolType="square",
            columnPadding=24,
            labelLimit=150,
        )
        .configure_range(category=SERIES)
    )


def _data(rows: Rows) -> Any:
    data: Any = alt.Data
    return data(values=[{key: _plain(value) for key, value in row.items()} for row in rows])


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool) or value is None else str(value)


def _time(name: str, width: int) -> Any:
    return alt.X(
        f"{name}:T",
        title=None,
        axis=alt.Axis(format="%b %-d", grid=False, tickCount=8 if width > _NARROW else 4),
    )


def bars_by_day(rows: Rows, x: str, y: str, title: str, color: str = SERIES[0]) -> Draw:
    """A bar for each day."""

    def draw(width: int) -> Any:
        gap = max(2.0, min(22.0, 0.6 * width / max(len(rows), 1)))
        chart = alt.Chart(_data(rows)).mark_bar(color=color, size=gap, cornerRadiusEnd=2)
        return themed(
            chart.encode(
                x=_time(x, width), y=alt.Y(f"{y}:Q", title=title, axis=alt.Axis(tickCount=4))
            ),
            width,
            220,
        )

    return draw


def stacked_by_day(rows: Rows, x: str, y: str, series: str, title: str) -> Draw:
    """A bar for each day, stacked by ``series``."""

    def draw(width: int) -> Any:
        steps = len({row[x] for row in rows})
        chart = alt.Chart(_data(rows)).mark_bar(size=max(3, min(28, 0.6 * width / max(steps, 1))))
        return themed(
            chart.encode(
                x=_time(x, width),
                y=alt.Y(f"{y}:Q", title=title, axis=alt.Axis(tickCount=4)),
                color=alt.Color(f"{series}:N", scale=alt.Scale(range=SERIES)),
            ),
            width,
            240,
        )

    return draw


def stacked_by_run(rows: Rows) -> Draw:
    """A bar for each run (columns ``run``, ``stream``, ``requests``), stacked by stream."""

    def draw(width: int) -> Any:
        bars = max(1, len({row["run"] for row in rows}))
        chart = alt.Chart(_data(rows)).mark_bar(size=max(4.0, min(48.0, 0.5 * width / bars)))
        return themed(
            chart.encode(
                x=alt.X("run:N", title="run", sort=None, axis=alt.Axis(labelAngle=0)),
                y=alt.Y("sum(requests):Q", title="calls", axis=alt.Axis(tickCount=4)),
                color=alt.Color("stream:N", scale=alt.Scale(range=SERIES)),
            ),
            width,
            240,
        )

    return draw


def lines(
    rows: Rows, x: str, y: str, series: str, title: str, form: str = "~s", n: str | None = None
) -> Draw:
    """A line for each of ``series``; points of too few rows (``n`` under 10) are hollow and grey."""

    def draw(width: int) -> Any:
        color = alt.Color(f"{series}:N", scale=alt.Scale(range=SERIES))
        y_axis = alt.Y(f"{y}:Q", title=title, axis=alt.Axis(format=form, tickCount=5))
        base = alt.Chart(_data(rows))
        line = base.mark_line(strokeWidth=2).encode(x=_time(x, width), y=y_axis, color=color)
        thin = alt.datum[n or y] < 10 if n else alt.datum[y] < float("-inf")
        enough = base.transform_filter(~thin).mark_circle(size=46, opacity=1)
        few = base.transform_filter(thin).mark_point(size=40, color=MUTED, fill="var(--card)")
        return themed(
            alt.layer(
                line,
                enough.encode(x=_time(x, width), y=y_axis, color=color),
                few.encode(x=_time(x, width), y=y_axis),
            ),
            width,
            250,
        )

    return draw


def step_area(rows: Rows, x: str, y: str, title: str, form: str) -> Draw:
    """A falling staircase over numbers, as a survival curve."""

    def draw(width: int) -> Any:
        chart = alt.Chart(_data(rows)).mark_area(
            interpolate="step-after",
            color=SERIES[0],
            fillOpacity=0.18,
            line={"color": SERIES[0], "strokeWidth": 2},
        )
        return themed(
            chart.encode(
                x=alt.X(
                    f"{x}:Q", title="days after the label", axis=alt.Axis(grid=False, tickCount=8)
                ),
                y=alt.Y(f"{y}:Q", title=title, axis=alt.Axis(format=form, tickCount=5)),
            ),
            width,
            240,
        )

    return draw


def intervals(rows: Rows, y: str, low: str, high: str, n: str, title: str) -> Draw:
    """A dot at ``low`` and a line to ``high`` for each row; greyed where ``n`` is under 10."""

    def draw(width: int) -> Any:
        color = alt.condition(alt.datum[n] < 10, alt.value(MUTED), alt.value(SERIES[0]))
        base = alt.Chart(_data(rows)).encode(y=alt.Y(f"{y}:N", title=None, sort=None))
        x = alt.X(f"{low}:Q", title=title, axis=alt.Axis(tickCount=6))
        rule = base.mark_rule(strokeWidth=5, opacity=0.45).encode(
            x=x, x2=f"{high}:Q", color=color, size=alt.value(5)
        )
        dot = base.mark_circle(size=110, opacity=1).encode(x=x, color=color)
        return themed(alt.layer(rule, dot), width, 40 + 26 * len(rows))

    return draw


def heat(rows: Rows, x: str, y: str, value: str, n: str, x_title: str, y_title: str | None) -> Draw:
    """A square for each pair, darker for more, with its number in it; pale text where ``n`` is under 10."""

    def draw(width: int) -> Any:
        base = alt.Chart(_data(rows)).encode(
            x=alt.X(
                f"{x}:O",
                title=x_title,
                axis=alt.Axis(labelAngle=0, orient="top", ticks=False, domain=False),
            ),
            y=alt.Y(f"{y}:O", title=y_title, axis=alt.Axis(ticks=False, domain=False)),
        )
        color = alt.Color(f"{value}:Q", scale=alt.Scale(type="quantize", range=HEAT), legend=None)
        cells = base.mark_rect(stroke="var(--card)", strokeWidth=2, cornerRadius=3).encode(
            color=color
        )
        text = base.mark_text(fontSize=12 if width > _NARROW else 10).encode(
            text=alt.Text(f"{value}:Q", format=".1f"),
            color=alt.value("var(--heat-ink)"),
            opacity=alt.condition(alt.datum[n] < 10, alt.value(0.75), alt.value(1)),
        )
        height = 50 + 30 * len({row[y] for row in rows})
        return themed(alt.layer(cells, text), width, height)

    return draw


def signed_bars(rows: Rows, label: str, value: str, title: str, form: str = "~s") -> Draw:
    """A bar for each row, to the left and in the alarm colour where it is negative."""

    def draw(width: int) -> Any:
        color = alt.condition(alt.datum[value] < 0, alt.value(ALARM), alt.value(SERIES[1]))
        chart = alt.Chart(_data(rows)).mark_bar(cornerRadius=2, height={"band": 0.65})
        return themed(
            chart.encode(
                y=alt.Y(f"{label}:N", title=None, sort=None),
                x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(format=form, tickCount=5)),
                color=color,
            ),
            width,
            40 + 22 * len(rows),
        )

    return draw


def steps(rows: Rows, x: str, y: str, series: str) -> Draw:
    """A small staircase for each of ``series``, the days at zero shaded."""

    def draw(width: int) -> Any:
        columns = 4 if width > 900 else 2
        each = max(90, width // columns - 46)
        x_axis = alt.X(
            f"{x}:T", title=None, axis=alt.Axis(format="%b %-d", grid=False, tickCount=2)
        )
        base = alt.Chart(_data(rows))
        line = base.mark_line(interpolate="step-after", strokeWidth=2, color=SERIES[0])
        out = base.transform_filter(alt.datum[y] <= 0).mark_tick(
            color=ALARM, thickness=3, size=80, opacity=0.35
        )
        layers = alt.layer(
            out.encode(x=x_axis, y=alt.value(40)),
            line.encode(x=x_axis, y=alt.Y(f"{y}:Q", title=None, axis=alt.Axis(tickCount=3))),
        ).properties(width=each, height=80)
        faceted = layers.facet(
            facet=alt.Facet(
                f"{series}:N",
                title=None,
                header=alt.Header(labelColor="var(--ink)", labelFontSize=12),
            ),
            columns=columns,
        ).resolve_scale(y="independent")
        return (
            faceted.properties(background="transparent")
            .configure(font=_FONT)
            .configure_view(stroke=None)
            .configure_axis(
                labelColor="var(--muted)",
                gridColor="var(--grid)",
                domainColor="var(--line)",
                tickColor="var(--line)",
                labelFontSize=11,
            )
        )

    return draw


def svg(chart: Any) -> str:
    """The chart as one SVG element without a background."""
    import vl_convert

    picture: str = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    # A group that stands around marks, with no name of its own, is no picture to a screen reader.
    return _UNNAMED_GROUP.sub("", picture)
