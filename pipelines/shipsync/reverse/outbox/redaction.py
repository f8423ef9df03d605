"""What the ledger keeps of the people in a write, under the connection's ``personal_data``.

What is sent is whole. What is recorded of it follows the same policy as everything else that is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shipsync.sources.redaction import PersonalPolicy, redaction_for
from shipsync.sources.streams import SHIPMENTS

Recorded = Callable[[Mapping[str, object]], Mapping[str, object]]


def recorded_under(settings: PersonalPolicy) -> Recorded:
    """How the body of a new shipment, the only one that names people, is recorded."""
    redaction = redaction_for(settings)
    return lambda body: redaction.recorded(SHIPMENTS, body)
