"""A page as one HTML document that needs nothing else: styles, script and pictures are in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from html import escape
from importlib import resources
from typing import Any, Final

from shipsync.metrics.definitions import MetricDefinition
from shipsync.pages import charts
from shipsync.pages.catalogue import Heading, PageKind
from shipsync.pages.content import (
    Chart,
    Column,
    Definition,
    Kind,
    Notice,
    Page,
    Search,
    Section,
    Table,
    Tile,
    Tiles,
    Tone,
)
from shipsync.pages.figures import beside, instant, is_thin, number, utc, written

WIDE: Final = 1080
NARROW: Final = 340
_NUMERIC: Final = {Kind.NUMBER, Kind.DECIMAL, Kind.MONEY, Kind.RATE}
_TONE_WORDS: Final = {Tone.ALARM: "needs a person", Tone.WARNING: "look at this"}


@cache
def _resource(name: str) -> str:
    return resources.files("shipsync.pages").joinpath(name).read_text(encoding="utf-8")


def styles() -> str:
    """The style sheet, for light and dark."""
    return _resource("page.css")


@cache
def content_policy() -> str:
    """What a browser may load for a page: its own style and script, and nothing from anywhere else."""
    digest = hashlib.sha256(_resource("page.js").encode()).digest()
    script = base64.b64encode(digest).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{script}'; img-src data:; "
        "form-action 'self'; base-uri 'none'"
    )


def document(title: str, body: str) -> str:
    """A whole document around ``body``."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)} · shipsync</title>\n<style>{styles()}</style>\n</head>\n<body>\n"
        f"{body}\n<script>{_resource('page.js')}</script>\n</body>\n</html>\n"
    )


def report(page: Page) -> str:
    """The page as a file to mail."""
    return document(page.title, f"<main>{heading(page)}{parts(page)}</main>")


def site_page(page: Page, links: Sequence[tuple[str, str]]) -> str:
    """The page within the site; ``links`` are addresses and titles of all pages."""
    return document(
        page.title,
        f"{navigation(links, page.title)}<main>{heading(page)}{parts(page)}</main>",
    )


def navigation(links: Sequence[tuple[str, str]], current: str) -> str:
    """The links to all pages, that of the current one marked."""
    items = "".join(
        f'<a href="{escape(address)}"{" aria-current=page" if title == current else ""}>{escape(title)}</a>'
        for address, title in links
    )
    return (
        '<a class="skip" href="#content">Skip to the page</a>'
        f'<header class="site"><nav aria-label="Pages">{items}</nav></header>'
    )


def start_page(
    leads: Sequence[tuple[PageKind, Page | None]],
    above: Heading,
    links: Sequence[tuple[str, str]],
) -> str:
    """The page that leads to all others: what each answers, and how much on it needs a person.

    None stands for a page that was not read yet.
    """
    cards = "".join(
        f'<a class="card lead {"alarm" if page and page.alarms else ""}" href="/{escape(kind.name)}">'
        f"<h2>{escape(kind.title)}</h2><p>{escape(kind.question)}</p>"
        f"<p class=state>{_alarm_words(page)}</p></a>"
        for kind, page in leads
    )
    notices = "".join(_notice(notice) for notice in above.notices)
    return document(
        "Start",
        f'{navigation(links, "Start")}<main id="content"><h1>shipsync</h1>{_as_of(above)}{notices}'
        f'<div class="cards leads">{cards}</div></main>',
    )


def _alarm_words(page: Page | None) -> str:
    if page is None:
        return "Being read; load this page again to see its alarms."
    if not page.alarms:
        return "Nothing is in alarm."
    return f"{page.alarms} number{'s' if page.alarms > 1 else ''} in alarm"


def heading(page: Page) -> str:
    """Title, question, the age of the data and what is to be known about it."""
    notices = "".join(_notice(notice) for notice in page.notices)
    return (
        f'<h1 id="content">{escape(page.title)}</h1><p class="question">{escape(page.question)}</p>'
        f"{_as_of(page)}{notices}"
    )


def _as_of(page: Page | Heading) -> str:
    if page.as_of is None:
        return ""
    return (
        f'<p class="as-of">As of {_time(page.as_of, instant(page.as_of, page.zone))}, '
        f"times in {escape(page.zone.key)}</p>"
    )


def _time(value: datetime, text: str) -> str:
    return f'<time datetime="{value.isoformat()}" title="{utc(value)}">{escape(text)}</time>'


def parts(page: Page) -> str:
    """What stands under the heading."""
    body = "".join(section(part, page) for part in page.sections)
    return body + definitions(page)


def section(part: Section, page: Page) -> str:
    """One part of a page as HTML."""
    if isinstance(part, Tiles):
        return f'<div class="cards">{"".join(_tile(tile) for tile in part.tiles)}</div>'
    if isinstance(part, Chart):
        return _chart(part)
    if isinstance(part, Table):
        return _table(part, page)
    if isinstance(part, Search):
        return _search(part)
    return _notice(part)


def _notice(notice: Notice) -> str:
    role = "alert" if notice.tone is Tone.ALARM else "status"
    return f'<p class="notice {notice.tone}" role="{role}">{escape(notice.text)}</p>'


def _search(part: Search) -> str:
    return (
        '<form class="search" method="get"><label for="q">'
        f'{escape(part.label)}</label><span><input id="q" name="q" type="search" '
        f'value="{escape(part.text)}" autocomplete="off"><button>Find</button></span></form>'
    )


def _tile(tile: Tile) -> str:
    thin = " thin" if tile.is_thin else ""
    word = f'<span class="word">{_TONE_WORDS[tile.tone]}</span>' if tile.tone in _TONE_WORDS else ""
    links = [("definition", _anchor(tile.metric)), *([("rows", tile.rows)] if tile.rows else [])]
    named = "".join(
        f'<a aria-label="{what} of {escape(tile.label)}" href="#{target}">{what}</a>'
        for what, target in links
    )
    return (
        f'<section class="card {tile.tone}{thin}"><h2>{escape(tile.label)}</h2>'
        f'<p class="figure">{escape(tile.value)}{word}</p>{_spark(tile.spark)}'
        f'<p class="detail">{escape(tile.detail)}</p><p class="links">{named}</p></section>'
    )


def _has(page: Page, mart: str) -> bool:
    return any(definition.mart == mart for definition in page.definitions)


def _anchor(name: str) -> str:
    return "define-" + name.replace(".", "-")


def _spark(values: tuple[float, ...]) -> str:
    if len(values) < 3:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = 100 / (len(values) - 1)
    points = " ".join(
        f"{index * step:.1f},{22 - 20 * (value - low) / span:.1f}"
        for index, value in enumerate(values)
    )
    return (
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline points="{points}"/></svg>'
    )


def _chart(chart: Chart) -> str:
    """The picture in two widths, of which the style sheet shows the one that fits."""
    defined = f'<a href="#{_anchor(chart.mart)}">definition</a>'
    named = defined.replace("<a ", f'<a aria-label="definition of {escape(chart.title)}" ')
    pictures = "".join(
        f'<div class="picture {name}" role="img" aria-label="{escape(chart.title)}">{drawn}</div>'
        for name, drawn in (
            ("wide", charts.svg(chart.draw(WIDE))),
            ("narrow", charts.svg(chart.draw(NARROW))),
        )
    )
    return (
        f'<section class="block" id="{chart.name}"><h2>{escape(chart.title)}</h2>{pictures}'
        f'<p class="detail">{escape(chart.summary)} {named}</p></section>'
    )


def _table(table: Table, page: Page) -> str:
    count = len(table.rows.rows)
    heading = f'<h2>{escape(table.title)} <span class="count">{_count(table)}</span></h2>'
    defined = (
        f'<a aria-label="definition of {escape(table.title)}" href="#{_anchor(table.mart)}">definition</a>'
        if _has(page, table.mart)
        else ""
    )
    if not count:
        body = f'<p class="empty">{escape(table.empty)}</p>'
        return f'<section class="block" id="{table.name}">{heading}{body}</section>'
    head = "".join(
        f'<th scope="col"{_numeric(column)}>{escape(column.heading)}</th>'
        for column in table.columns
    )
    rows = "".join(_row(row, table.columns, page) for row in table.rows.objects())
    tools = (
        f'<div class="tools"><input type="search" aria-label="Search in {escape(table.title)}" '
        f'placeholder="Search"><button type="button" data-csv="{page.name}-{table.name}.csv" '
        f'aria-label="CSV of {escape(table.title)}">CSV</button>'
        f"{defined}</div>"
    )
    return (
        f'<section class="block" id="{table.name}">{heading}{tools}'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _count(table: Table) -> str:
    count = len(table.rows.rows)
    return f"first {number(count)}" if count >= table.limit else number(count)


def _numeric(column: Column) -> str:
    return ' class="n"' if column.kind in _NUMERIC else ""


def _row(row: dict[str, Any], columns: Sequence[Column], page: Page) -> str:
    return "<tr>" + "".join(_cell(row, column, page) for column in columns) + "</tr>"


def _cell(row: dict[str, Any], column: Column, page: Page) -> str:
    value = row.get(column.name)
    text = written(value, column.kind, beside(row, column), page.zone)
    classes = ["n"] if column.kind in _NUMERIC else []
    if column.beside and column.kind is not Kind.MONEY and is_thin(beside(row, column)):
        classes.append("thin")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value < 0:
        classes.append("negative")
    shown = _time(value, text) if isinstance(value, datetime) else escape(text)
    named = f' class="{" ".join(classes)}"' if classes else ""
    return f"<td{named}>{shown}</td>"


def definitions(page: Page) -> str:
    """What the numbers of a page mean, and the columns of its marts by the database's own comments."""
    found = [*map(_number, page.numbers), *map(_mart, page.definitions)]
    if not found:
        return ""
    return f'<section class="block definitions"><h2>Definitions</h2>{"".join(found)}</section>'


def _number(metric: MetricDefinition) -> str:
    facts = {
        "Unit": escape(metric.unit),
        "Formula": f"<code>{escape(metric.formula)}</code>",
        "Rows": f"<code>{escape(metric.mart)}</code>: {escape(metric.grain)}"
        + (f"; those for which <code>{escape(metric.where)}</code>" if metric.where else ""),
        "n": f"<code>{escape(metric.n)}</code>",
        "Coverage": f"n / <code>{escape(metric.total)}</code>. {escape(metric.coverage)}",
        "Caveat": escape(metric.caveat),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts.items())
    return (
        f'<details id="{_anchor(metric.name)}"><summary>{escape(metric.label)} '
        f"<code>{escape(metric.name)}</code></summary><dl>{rows}</dl></details>"
    )


def _mart(one: Definition) -> str:
    columns = "".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{escape(meaning) or 'see the model'}</dd>"
        for name, meaning in one.columns.items()
    )
    return (
        f'<details id="{_anchor(one.mart)}"><summary><code>{escape(one.mart)}</code> '
        f"{escape(one.meaning)}</summary><dl>{columns}</dl></details>"
    )


def failure(notice: Notice, links: Sequence[tuple[str, str]]) -> str:
    """The page that stands in the place of one that could not be read."""
    body = f'<main id="content"><h1>This page can\'t be shown</h1>{_notice(notice)}</main>'
    return document("Failed", navigation(links, "") + body)
