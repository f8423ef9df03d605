"""Order numbers as the database holds them, looked up by what people write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from shipsync import queries
from shipsync.tracking.parcels import STATEMENTS, Row, rows
from shipsync.tracking.references import (
    FOREIGN_DIGITS,
    PLAIN_DIGITS,
    NumberForm,
    OwnAffixes,
    affixed,
    folded,
    forms,
    longest_digits,
    parts,
    rough,
    rough_ways,
)

if TYPE_CHECKING:
    import duckdb

# So many are looked up one by one in less time than all numbers are compared.
_FEW: Final = 5


class Numbers:
    """The numbers of current shipments; each reference is looked up once, its candidates are kept."""

    def __init__(self, database: duckdb.DuckDBPyConnection, own: OwnAffixes) -> None:
        self._database = database
        self._own = own
        self._candidates: dict[str, list[Row]] = {}
        self._forms: dict[str | None, NumberForm] = {}

    def whole(self, references: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Each reference with each shipment that has it for its number, written in whatever way."""
        for reference, row in self._looked_up(references):
            if folded(row["shipment_number"]) == folded(reference):
                yield reference, row["shipment_id"]

    def with_affixes(self, references: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Each reference with each shipment whose number it is but for affixes of the shop's own.

        One that differs only by what stands between the parts goes before those that lack an affix.
        """
        found = list(self._looked_up(references))
        self._learn_forms({row["store_id"] for _, row in found})
        meant: defaultdict[str, dict[bool, list[str]]] = defaultdict(lambda: {True: [], False: []})
        for reference, row in found:
            asked = parts(folded(reference), self._own)
            held = parts(folded(row["shipment_number"]), self._own)
            if asked and held and self._forms[row["store_id"]].means(asked, held):
                meant[reference][asked == held].append(row["shipment_id"])
        for reference, shipments in meant.items():
            for shipment_id in shipments[True] or shipments[False]:
                yield reference, shipment_id

    def affixed(self, reference: str) -> list[str]:
        """``reference`` with the affixes that were set, and with those that most numbers have."""
        values = {"stores": None}
        counted = queries.fetch(self._database, "number_forms", values, package=STATEMENTS)
        return affixed(reference, counted.objects(), self._own)

    def siblings(self, shipments: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """The ids of all shipments that have shop and number of one of these, themselves included."""
        known = list(shipments)
        yield from self._numberless(known)
        numbers = [(row["store_id"], row["shipment_number"]) for row in known]
        wanted = {(store, folded(number)) for store, number in numbers if number}
        # What was found by its number was found with all that have it.
        asked = {folded(reference) for reference in self._candidates}
        new = {folded(number): number for _, number in numbers if number}
        list(self._looked_up(number for text, number in new.items() if text not in asked))
        for candidates in self._candidates.values():
            for row in candidates:
                if (row["store_id"], folded(row["shipment_number"])) in wanted:
                    yield row["shipment_id"]

    def _numberless(self, shipments: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """The ids of shipments without a number that share the external order id of one of these."""
        named = [
            row for row in shipments if not row["shipment_number"] and row["external_order_id"]
        ]
        if named:
            stores = [row["store_id"] for row in named]
            external_ids = [row["external_order_id"] for row in named]
            values = {"stores": stores, "external_ids": external_ids}
            for row in rows(self._database, "numberless_siblings", **values):
                yield row["shipment_id"]

    def _looked_up(self, references: Iterable[str]) -> Iterator[tuple[str, Row]]:
        asked = [reference for reference in dict.fromkeys(references) if folded(reference)]
        new = [reference for reference in asked if reference not in self._candidates]
        if new:
            self._candidates |= self._look_up(new)
        for reference in asked:
            for row in self._candidates[reference]:
                yield reference, row

    def _look_up(self, references: Sequence[str]) -> dict[str, list[Row]]:
        digits = {reference: longest_digits(reference, self._own) for reference in references}
        if len(references) <= _FEW and all(digits.values()):
            return {r: self._look_up_one(r, digits[r] or "") for r in references}
        ways = [(r, way) for r in references for way in rough_ways(r, self._own)]
        values = {
            "asked": orjson.dumps([reference for reference, _ in ways]).decode(),
            "rough": orjson.dumps([way for _, way in ways]).decode(),
            "foreign_digits": FOREIGN_DIGITS,
            "plain_digits": PLAIN_DIGITS,
        }
        found: dict[str, list[Row]] = {reference: [] for reference in references}
        for row in self._fetch("numbers_lookup", values):
            found[row["asked"]].append(row)
        return found

    def _look_up_one(self, reference: str, digits: str) -> list[Row]:
        ways = rough_ways(reference, self._own)
        values = {"rough": orjson.dumps(ways).decode(), "digits": digits}
        found = self._fetch("number_lookup", values)
        return [row for row in found if rough(row["shipment_number"]) in ways]

    def _fetch(self, name: str, values: Mapping[str, object]) -> list[Row]:
        return queries.fetch(self._database, name, values, package=STATEMENTS).objects()

    def _learn_forms(self, stores: Iterable[str | None]) -> None:
        unknown = [store for store in stores if store not in self._forms]
        if unknown:
            counted = rows(self._database, "number_forms", stores=unknown)
            self._forms |= forms(counted, self._own)
