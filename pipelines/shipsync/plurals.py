"""Numbers with what they count, as a sentence needs them: 1 row, 2 rows, 1,200 rows."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """``number`` with thousands apart, then ``one`` or ``many`` (with an s at its end when left out).

    Both may be whole phrases: ``counted(2, "row was sent", "rows were sent")``.
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
