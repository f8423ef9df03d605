"""What carriers would charge: rates as the API answers them, put in order, kept in ``ledger.rates``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

import duckdb
import orjson

from shipsync.api.vendor_words import VendorWords
from shipsync.reverse.outbox.store import STATEMENTS
from shipsync.statements import statement

_PARTS = (
    *("shipping_amount", "insurance_amount", "confirmation_amount"),
    *("other_amount", "tax_amount"),
)
_UNUSABLE = "invalid"

JsonMapping = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rate:
    """One service's offer for one shipment; the columns are those of ``ledger.rates``.

    Amounts are in ``total_amount_currency``; ``total_amount`` adds up all that the label would cost, None
    when the parts came in several currencies.
    """

    shipment_id: str
    rate_id: str | None
    carrier_id: str | None
    carrier_code: str | None
    carrier_name: str | None
    service_code: str | None
    service_name: str | None
    package_type: str | None
    delivery_days: int | None
    estimated_delivery_at: str | None
    total_amount: Decimal | None
    total_amount_currency: str | None
    shipping_amount: Decimal | None
    is_guaranteed: bool
    is_trackable: bool
    is_usable: bool
    messages: tuple[str, ...]

    @property
    def by_price(self) -> tuple[object, ...]:
        """Sorts the usable first, then the cheapest, then the soonest."""
        price = (self.total_amount is None, self.total_amount or Decimal(0))
        return (
            not self.is_usable,
            self.total_amount_currency or "",
            *price,
            *self._days,
            self._name,
        )

    @property
    def by_days(self) -> tuple[object, ...]:
        """Sorts the usable first, then the soonest, then the cheapest."""
        return (not self.is_usable, *self._days, *self.by_price)

    @property
    def _days(self) -> tuple[bool, int]:
        return (self.delivery_days is None, self.delivery_days or 0)

    @property
    def _name(self) -> str:
        return f"{self.carrier_code} {self.service_code} {self.rate_id}"


@dataclass(frozen=True)
class RatesAnswer:
    """The rates for one shipment; ``problem`` says why there are none, or not all.

    ``is_pending`` while the carriers are still being asked; ``answered_at`` is the account's clock, None
    where it was not told.
    """

    shipment_id: str
    rates: tuple[Rate, ...] = ()
    problem: str | None = None
    is_pending: bool = False
    answered_at: datetime | None = None


def read_rates(shipment_id: str, body: object, words: VendorWords | None = None) -> RatesAnswer:
    """The rates in an answer's body, cheapest first.

    ``POST /v2/rates`` has them in ``rate_response``, beside the shipment; a reading of a shipment's rates
    is that object itself. What carriers say passes as far as ``words`` lets it.
    """
    words = words or VendorWords()
    given = body.get("rate_response", body) if isinstance(body, Mapping) else None
    if not isinstance(given, Mapping) or not given.keys() & {"rates", "errors", "status"}:
        return RatesAnswer(shipment_id, problem="The answer holds no rates.")
    rates = [
        _rate(shipment_id, rate, words, is_valid=True) for rate in _objects(given.get("rates"))
    ]
    rates += [
        _rate(shipment_id, rate, words, is_valid=False)
        for rate in _objects(given.get("invalid_rates"))
    ]
    said = (
        words.message(error) or "an error without a message"
        for error in _objects(given.get("errors"))
    )
    problem = "; ".join(dict.fromkeys(said)) or None
    is_pending = given.get("status") == "working"
    if is_pending:
        problem = "ShipStation is still asking the carriers; ask again in a minute."
    elif not rates and problem is None:
        problem = "No carrier offers anything; look at the shipment's weight and address."
    ordered = tuple(sorted(rates, key=lambda rate: rate.by_price))
    return RatesAnswer(shipment_id, ordered, problem, is_pending)


def keep_rates(
    con: duckdb.DuckDBPyConnection, connection: str, rates: Sequence[Rate], asked_at: datetime
) -> None:
    """Add rates to ``ledger.rates``; ``asked_at`` is a time of the account, as those of its labels are."""
    rows = orjson.dumps([asdict(rate) for rate in rates], default=str).decode()
    values = {"rates": rows, "connection": connection, "asked_at": asked_at}
    con.execute(statement(STATEMENTS, "rates_append"), values)


def _rate(shipment_id: str, rate: JsonMapping, words: VendorWords, *, is_valid: bool) -> Rate:
    errors = _texts(rate.get("error_messages"), words)
    days = rate.get("delivery_days")
    total, currency = _total(rate)
    return Rate(
        shipment_id=shipment_id,
        rate_id=_text(rate.get("rate_id")),
        carrier_id=_text(rate.get("carrier_id")),
        carrier_code=_text(rate.get("carrier_code")),
        carrier_name=_text(rate.get("carrier_friendly_name")),
        service_code=_text(rate.get("service_code")),
        service_name=_text(rate.get("service_type")),
        package_type=_text(rate.get("package_type")),
        delivery_days=days if type(days) is int else None,
        estimated_delivery_at=_text(rate.get("estimated_delivery_date")),
        total_amount=total,
        total_amount_currency=currency,
        shipping_amount=_amount(rate.get("shipping_amount")),
        is_guaranteed=rate.get("guaranteed_service") is True,
        is_trackable=rate.get("trackable") is True,
        is_usable=is_valid and not errors and rate.get("validation_status") != _UNUSABLE,
        messages=(*errors, *_texts(rate.get("warning_messages"), words)),
    )


def _total(rate: JsonMapping) -> tuple[Decimal | None, str | None]:
    """The sum of a rate's parts, and their currency; the vendor says that they add up to the price."""
    parts = [rate[name] for name in _PARTS if isinstance(rate.get(name), Mapping)]
    amounts = [amount for part in parts if (amount := _amount(part)) is not None]
    currencies = {str(c).lower() for c in (_currency(part) for part in parts if _amount(part)) if c}
    named = next((c for c in (_currency(part) for part in parts) if c), None)
    if not amounts or len(currencies) > 1:
        return None, named
    return sum(amounts, Decimal(0)), next(iter(currencies), named)


def _amount(part: object) -> Decimal | None:
    amount = part.get("amount") if isinstance(part, Mapping) else None
    try:
        return None if amount is None else Decimal(str(amount))
    except InvalidOperation:
        return None


def _currency(part: object) -> str | None:
    currency = part.get("currency") if isinstance(part, Mapping) else None
    return currency.lower() if isinstance(currency, str) else None


def _objects(value: object) -> Iterator[JsonMapping]:
    if isinstance(value, list):
        yield from (part for part in value if isinstance(part, Mapping))


def _texts(value: object, words: VendorWords) -> tuple[str, ...]:
    said = (words.text(str(part)) for part in value if part) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(said))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
