"""The account at a glance: a page (`shipsync dashboard`) and a script (`python overview.py`).

Either takes the database with `--database FILE`; a page gets it after `--`:
`marimo run notebooks/overview.py -- --database data/default.duckdb`.
"""

import marimo

app = marimo.App(width="medium", app_title="shipsync")

with app.setup:
    from pathlib import Path

    import altair as alt
    import marimo as mo

    from shipsync import clock, overview, settings
    from shipsync.cli import output
    from shipsync.errors import ShipsyncError


@app.cell
def _():
    refresh = mo.ui.refresh(options=["15s", "1m", "5m"], default_interval="1m")
    mo.hstack([mo.md("# ShipStation at a glance"), refresh])
    return (refresh,)


@app.cell
def _():
    given = mo.cli_args().get("database")
    database = Path(given) if given else settings.local().database
    return (database,)


@app.cell
def _(database, refresh):
    # The cell depends on the button, and so on its clock.
    _ = refresh.value
    try:
        state = overview.read(database)
    except ShipsyncError as error:
        if mo.running_in_notebook():
            mo.stop(True, mo.callout(mo.md(str(error)), kind="warn"))
        raise SystemExit(str(error)) from None
    mo.md(f"`{database}`, looked at {output.cell(clock.now())}")
    return (state,)


@app.cell
def _():
    def table(rows):
        """The rows as a table to page and search through."""
        cells = [{name: output.cell(v) for name, v in row.items()} for row in rows.objects()]
        return mo.ui.table(cells, selection=None, page_size=15)

    def part(section):
        """A section with its heading, or the sentence that stands for it."""
        if section.missing:
            body = mo.callout(mo.md(section.missing), kind="neutral")
        elif section.rows.rows:
            body = table(section.rows)
        else:
            body = mo.md("None.")
        return mo.vstack([mo.md(f"## {section.title}"), body])

    return (part,)


@app.cell
def _(part, state):
    mo.vstack([part(state.stock), part(state.changes)])
    return


@app.cell
def _(part, state):
    days = [{**day, "ship_date": str(day["ship_date"])} for day in state.shipped.rows.objects()]
    chart = (
        alt.Chart(alt.Data(values=days), width="container", height=180)
        .mark_bar()
        .encode(
            x=alt.X("ship_date:T", title=None),
            y=alt.Y("labels:Q", title="labels"),
            tooltip=[alt.Tooltip("ship_date:T"), alt.Tooltip("labels:Q")],
        )
    )
    mo.vstack([mo.md(f"## {state.shipped.title}"), chart]) if days else part(state.shipped)
    return


@app.cell
def _(part, state):
    mo.vstack([part(state.streams), part(state.runs), part(state.outbox)])
    return


@app.cell
def _(state):
    if not mo.running_in_notebook():
        for _section in state.sections:
            output.say(_section.title)
            if _section.missing:
                output.say(_section.missing)
            else:
                output.show_table(_section.rows)
            output.say()
    return


if __name__ == "__main__":
    app.run()
