"""Whether lists of labels can be trusted with telling deliveries; measured per account and carrier.

A label's tracking_status turns to delivered in some accounts, freezes in others until the label is read by
its id, and may say anything for some parcels. So it is held against the answers of ``/track``:

==============  ============================================================================
told            the carrier says delivered, and so does the label
missed          the carrier said so hours before the lists were last read; the label does not
contradicted    the label has said delivered for hours, the carrier does not
==============  ============================================================================

With fewer than ten comparisons nothing is trusted yet: ``/track`` is asked as if there were no lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final, Self

ENOUGH: Final = 10
TIME_TO_TELL: Final = timedelta(hours=6)
"""A list read so soon after a delivery need not tell of it."""
# Another share to begin than to go on, so that a pace doesn't change with every parcel.
_BEGINS_AT: Final = 0.6
_GOES_ON_AT: Final = 0.5
_MOST_CONTRADICTED: Final = 0.3


@dataclass(frozen=True)
class ListEvidence:
    """What was compared, of one carrier's parcels or of all; see the module."""

    carrier_code: str
    told: int
    missed: int
    contradicted: int

    @property
    def compared(self) -> int:
        """Deliveries of which it is known whether a list told of them."""
        return self.told + self.missed


@dataclass(frozen=True)
class ListTrust:
    """What follows from the evidence.

    ``is_believed``: "delivered" of a label is worth a call. ``told``: carriers of whose deliveries lists
    tell, ``measured`` those of which that is known; ``tells_others`` goes for the rest.
    ``is_worth_reading``: lists tell of some deliveries at all, or that isn't known yet.
    """

    is_believed: bool = True
    is_worth_reading: bool = True
    tells_others: bool = False
    measured: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, kept: dict[str, Any] | None) -> Self:
        """What ``as_json`` gave; where nothing is kept, nothing is trusted yet."""
        if kept is None:
            return cls()
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """Its fields, to be kept between runs."""
        return asdict(self)

    def has_lists_for(self, carrier_code: str | None) -> bool:
        """Whether lists tell of deliveries by this carrier."""
        if not self.is_believed:
            return False
        code = carrier_code or ""
        return code in self.told if code in self.measured else self.tells_others


def judged(evidence: Sequence[ListEvidence], before: ListTrust) -> ListTrust:
    """What the evidence, a row for each carrier, says now; with too little of it, what held before."""
    whole = added_up(evidence)
    measured = [one for one in evidence if one.compared >= ENOUGH]
    known = sorted(one.carrier_code for one in measured)
    told = sorted(
        one.carrier_code for one in measured if _tells(one, before.has_lists_for(one.carrier_code))
    )
    is_believed, heard = before.is_believed, whole.told + whole.contradicted
    if heard >= ENOUGH:
        is_believed = whole.contradicted <= heard * _MOST_CONTRADICTED
    return ListTrust(
        is_believed=is_believed,
        is_worth_reading=is_believed and (whole.told > 0 or whole.compared < 2 * ENOUGH),
        tells_others=_tells(whole, before.tells_others),
        measured=tuple(known),
        told=tuple(told),
    )


def added_up(evidence: Iterable[ListEvidence]) -> ListEvidence:
    """The evidence of all carriers together."""
    told = missed = contradicted = 0
    for one in evidence:
        told, missed = told + one.told, missed + one.missed
        contradicted += one.contradicted
    return ListEvidence("", told, missed, contradicted)


def _tells(one: ListEvidence, before: bool) -> bool:
    if one.compared < ENOUGH:
        return before
    return one.told >= one.compared * (_GOES_ON_AT if before else _BEGINS_AT)


def sentence(evidence: Sequence[ListEvidence], trust: ListTrust) -> str:
    """What a person is told of it."""
    whole = added_up(evidence)
    if not trust.is_believed:
        return (
            f"Labels say delivered of {whole.contradicted} parcels of which their carriers do not (and "
            f"rightly of {whole.told}), so only tracking itself is asked."
        )
    if whole.compared < ENOUGH:
        return (
            f"Of {whole.compared} deliveries it is known whether lists of labels tell of them; from "
            f"{ENOUGH} on tracking is asked for less where they do."
        )
    share = f"{whole.told} of the last {whole.compared} deliveries"
    if not trust.is_worth_reading:
        return f"Lists of labels told of {share}, so deliveries are noticed by tracking alone."
    deaf = [code for code in trust.measured if code not in trust.told]
    if not trust.told and not trust.tells_others:
        return f"Lists of labels told of {share} only, so tracking is asked as if there were none."
    but = f"; not enough of those by {', '.join(deaf)}, where it is asked as ever" if deaf else ""
    return f"Lists of labels told of {share}, so tracking is asked for less{but}."
