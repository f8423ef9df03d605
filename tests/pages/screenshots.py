"""All pages of the demo as pictures: ``python -m pages.screenshots FOLDER [DATABASE]``, from ``tests``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pages.browser import DESK, PHONE, chromium, tab
from pages.served_site import TOKEN, served
from shipsync.demo import play
from shipsync.pages import catalogue


def main(folder: Path, database: Path | None) -> None:
    """Write NAME-SCHEME-WIDTH.png for each page."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        if database is None:
            database = Path(work) / "demo.duckdb"
            list(play(database))
        with chromium() as browser, served(database) as address:
            for width in (PHONE, DESK):
                for scheme in ("light", "dark"):
                    with tab(browser, width, scheme) as opened:
                        for name in ("", *(kind.name for kind in catalogue.PAGES)):
                            opened.open(f"{address}/{name}?access_token={TOKEN}")
                            file = folder / f"{name or 'start'}-{scheme}-{width}.png"
                            opened.page.screenshot(path=file, full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
