"""Where is it: a page (`marimo run`), a notebook (`marimo edit`) and a script (`python`).

A script takes the database with `--database FILE`; marimo takes it after `--`.
"""

import marimo

app = marimo.App(width="medium", app_title="Where is it")

with app.setup:
    from shipsync.cli import output
    from shipsync.pages import notebook


@app.cell
def _():
    page = notebook.opened("where-is-it", output.say)
    notebook.heading(page)
    return (page,)


@app.cell
def _(page):
    notebook.sections(page)
    return


@app.cell
def _(page):
    notebook.definitions(page)
    return


if __name__ == "__main__":
    app.run()
