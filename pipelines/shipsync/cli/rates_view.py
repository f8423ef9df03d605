"""What ``shipsync shipments rates`` prints: the offers for each shipment, best first."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from shipsync.cli import output
from shipsync.errors import NeedsPerson

if TYPE_CHECKING:
    from shipsync.reverse.rates.rates import Rate, RatesAnswer

_SHOWN_PROBLEMS = 3
_CENT = Decimal("0.01")


def show(answers: Sequence[RatesAnswer], *, by_days: bool, top: int | None, as_json: bool) -> None:
    """Print the rates of each shipment; raises ``NeedsPerson`` when one has none, or not all."""
    from shipsync.queries import ResultRows

    rates = [rate for answer in answers for rate in _chosen(answer, by_days, top)]
    if as_json:
        problems = {answer.shipment_id: answer.problem for answer in answers if answer.problem}
        output.show_json({"rates": rates, "problems": problems})
    else:
        columns = ("shipment", "carrier", "service", "days", "price", "currency", "remark")
        output.show_table(ResultRows(columns, [_cells(rate) for rate in rates]))
    _say_problems(answers)


def _chosen(answer: RatesAnswer, by_days: bool, top: int | None) -> list[Rate]:
    key = (lambda rate: rate.by_days) if by_days else (lambda rate: rate.by_price)
    return sorted(answer.rates, key=key)[:top]


def _cells(rate: Rate) -> list[object]:
    price = None if rate.total_amount is None else rate.total_amount.quantize(_CENT)
    remark = "; ".join(rate.messages) or (None if rate.is_usable else "not valid")
    return [
        rate.shipment_id,
        rate.carrier_name or rate.carrier_code,
        rate.service_code,
        rate.delivery_days,
        price,
        rate.total_amount_currency,
        remark,
    ]


def _say_problems(answers: Sequence[RatesAnswer]) -> None:
    problems = [f"{answer.shipment_id}: {answer.problem}" for answer in answers if answer.problem]
    if not problems:
        output.remark(f"{len(answers)} shipments asked for; kept in ledger.rates.")
        return
    more = len(problems) - _SHOWN_PROBLEMS
    tail = f" And {more} more; --json lists them." if more > 0 else ""
    raise NeedsPerson(
        f"{len(problems)} of {len(answers)} shipments have no rates, or not all. "
        f"{' '.join(problems[:_SHOWN_PROBLEMS])}{tail}"
    )
