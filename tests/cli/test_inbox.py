"""``shipsync inbox``: what it counts, and what it says of each body that became no hint."""

from __future__ import annotations

from pathlib import Path

from feed.signed_webhooks import BODY, SIGNATURE, drop, headers, save_keys

from .conftest import Run


def test_webhooks_are_taken_in_and_counted(run: Run, database: Path, folder: Path) -> None:
    drop(folder / "inbox", "one", BODY, headers(SIGNATURE))
    drop(folder / "inbox", "two", BODY, headers(SIGNATURE[4:]))
    drop(folder / "inbox", "three", b"{}")
    keys = save_keys(folder / "jwks.json")

    taken = run("inbox", folder / "inbox", "--keys", keys, "--json", "--database", database)

    assert taken.code == 0
    assert taken.json == {
        "hints": 1,
        "known": 0,
        "not_understood": 1,
        "refused": 1,
        "problems": [
            {
                "place": "three.json",
                "reason": "It is no webhook of ShipStation: it is no JSON object with a resource_url.",
            },
            {"place": "two.json", "reason": "Its signature does not hold."},
        ],
        "remarks": [],
    }
    assert "three.json: It is no webhook of ShipStation" in taken.err
    assert "\n1 webhook was refused, as the signature does not hold. If" in taken.err
