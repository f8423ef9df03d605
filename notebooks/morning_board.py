"""The morning board: a page (`marimo run`), a notebook (`marimo edit`) and a script (`python`).

A script takes the database with `--database FILE`; marimo takes it after `--`.
"""

import marimo

app = marimo.App(width="medium", app_title="Morning board")

with app.setup:
    import marimo as mo

    from shipsync.cli import output
    from shipsync.errors import ShipsyncError
    from shipsync.pages import notebook
    from shipsync.pages.text import text


@app.cell
def _():
    try:
        page = notebook.opened("morning-board")
    except ShipsyncError as error:
        if mo.running_in_notebook():
            mo.stop(True, mo.callout(mo.md(str(error)), kind="warn"))
        raise SystemExit(str(error)) from None
    notebook.heading(page)
    return (page,)


@app.cell
def _(page):
    mo.vstack([notebook.shown(part, page) for part in page.sections], gap=1)
    return


@app.cell
def _(page):
    notebook.definitions(page)
    return


@app.cell
def _(page):
    if not mo.running_in_notebook():
        output.say(text(page))
    return


if __name__ == "__main__":
    app.run()
