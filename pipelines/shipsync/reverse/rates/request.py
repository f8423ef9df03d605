"""Asking for the rates of a shipment that exists: ``POST /v2/rates``, and a wait while carriers think.

The call is a POST that changes nothing when it names a shipment by its id; described instead, a shipment
may be made by it (FACTS, Not established), so that is never done. It goes out as a write all the same: a
read-only connection sends nothing but GET. A lost answer is asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shipsync.api.endpoints import CALCULATE_RATES, shipment_rates
from shipsync.api.session import Session
from shipsync.clock import Pacing
from shipsync.errors import OutcomeUnknown, RequestRejected
from shipsync.reverse.outbox.answers import STREAM
from shipsync.reverse.rates.rates import RatesAnswer, read_rates

ATTEMPTS = 3
PAUSE_SECONDS = 5.0
"""Before a second attempt; twice that before a third."""

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further look at rates that are still being asked for."""


def ask_rates(
    session: Session, pacing: Pacing, shipment_id: str, carrier_ids: Sequence[str]
) -> RatesAnswer:
    """The rates of these carriers for a shipment.

    What concerns the shipment alone ends up in ``problem``; raises what ``Session.write`` and
    ``Session.read`` raise for the account as a whole, and ``ConfigurationError`` for a read-only
    connection.
    """
    try:
        answer = _posted(session, pacing, shipment_id, carrier_ids)
        for wait in WAITS:
            if not answer.is_pending:
                break
            pacing.sleep(wait)
            answer = _looked_at(session, shipment_id, carrier_ids)
    except RequestRejected as refusal:
        return RatesAnswer(shipment_id, problem="; ".join(refusal.messages) or str(refusal))
    return answer


def _posted(
    session: Session, pacing: Pacing, shipment_id: str, carrier_ids: Sequence[str]
) -> RatesAnswer:
    body = {"shipment_id": shipment_id, "rate_options": {"carrier_ids": list(carrier_ids)}}
    for attempt in range(ATTEMPTS):
        if attempt:
            # It may be a carrier that asks for a pause.
            pacing.sleep(PAUSE_SECONDS * attempt)
        try:
            answer = session.write(
                CALCULATE_RATES.method, CALCULATE_RATES.path, body, stream=STREAM
            )
        except OutcomeUnknown:
            continue
        found = read_rates(shipment_id, answer.body, session.words)
        return replace(found, answered_at=answer.server_time)
    seconds = session.connection.timeout_seconds
    problem = (
        f"No usable answer came in {ATTEMPTS} attempts of {seconds:g} s; carriers can be busy or slow: ask "
        "again later, or raise timeout_seconds."
    )
    return RatesAnswer(shipment_id, problem=problem)


def _looked_at(session: Session, shipment_id: str, carrier_ids: Sequence[str]) -> RatesAnswer:
    """What has come in so far; the list has the rates of every carrier."""
    answer = session.read(shipment_rates(shipment_id), stream=STREAM)
    found = read_rates(shipment_id, answer.body, session.words)
    asked = set(carrier_ids)
    rates = tuple(rate for rate in found.rates if rate.carrier_id in asked)
    return replace(found, rates=rates, answered_at=answer.server_time)
