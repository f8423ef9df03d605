"""A shop that asks for rates, and what the account answered, taken down where the answer came in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from shipsync.api.session import Session
from shipsync.clock import JumpingPacing
from shipsync.emulator import Account, Transport
from shipsync.reverse.rates.compare import compare_rates
from truth.synced_shop import Shop


@dataclass(frozen=True)
class Asking:
    """One asking for rates: the account's second in which it began, and the answer for each shipment."""

    at: datetime
    answers: Mapping[str, Mapping[str, Any]]


@dataclass
class AskingShop(Shop):
    """A shop; ``askings`` are what it was quoted."""

    askings: list[Asking] = field(default_factory=list)

    def ask_rates(self) -> None:
        """Ask for the rates of all shipments that wait, as ``shipsync shipments rates`` does."""
        begins = self.account.clock.now().replace(microsecond=0)
        heard = _Heard(self.account)
        # This machine's clock, which jumps here, is never the account's.
        pacing = JumpingPacing(self.account.clock.now().add(days=400))
        with Session(self.connection, transport=heard, pacing=pacing) as session:
            compare_rates(self.connection, session, pacing=pacing)
        self.askings.append(Asking(begins, heard.answers))


class _Heard(httpx.BaseTransport):
    """The account's transport; ``answers`` are those to POST /v2/rates, by shipment."""

    def __init__(self, account: Account) -> None:
        self._inner = Transport(account)
        self.answers: dict[str, Mapping[str, Any]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if request.url.path == "/v2/rates" and response.status_code == 200:
            body = json.loads(response.read())
            self.answers[body["shipment_id"]] = body["rate_response"]
        return response
