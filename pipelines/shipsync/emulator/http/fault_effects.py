"""What each fault does: to the account, in place of an answer, or to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import orjson

from shipsync.emulator.account.account import Account
from shipsync.emulator.http.faults import Fault, FaultKind, Faults
from shipsync.emulator.http.problems import JSON, ErrorBody, ErrorType, RefusedError
from shipsync.emulator.http.request import Breakage, IncomingRequest, Response, new_request_id
from shipsync.emulator.timestamps import http_date

_PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Try later.</body></html>"
_HTML = {"content-type": "text/html; charset=utf-8"}
_TEXT = {"content-type": "text/plain"}

_UNPAGED = frozenset({"warehouses", "tags", "carriers", "request_id", "errors"})
"""What answers hold that are lists without links."""


def instead(account: Account, fault: Fault, random: Random) -> Response | None:
    """The answer that a fault gives in the account's place, which then does nothing; or None."""
    kind = FaultKind
    match fault.kind:
        case kind.TOO_MANY_REQUESTS:
            return _too_many(account, fault, random)
        case kind.KEY_REFUSED:
            return _refusal(
                account, random, 401, "security", "unauthorized", "The API key is invalid."
            )
        case kind.ACCESS_DENIED:
            return _refusal(
                account, random, 403, "security", "forbidden", "This key may not use the API."
            )
        case kind.SERVER_ERROR:
            return Response(500)
        case kind.BAD_GATEWAY:
            return Response(502, _PAGE, _HTML)
        case kind.UNAVAILABLE:
            return Response(503, b"Service Unavailable", _TEXT)
        case kind.GATEWAY_TIMEOUT:
            return Response(504, _PAGE, _HTML)
        case kind.RESET:
            return Response(0, breakage=Breakage.RESET)
        case kind.TIMEOUT:
            return Response(0, breakage=Breakage.SILENCE)
        case _:
            return None


def _refusal(
    account: Account, random: Random, status: int, error_type: ErrorType, code: str, message: str
) -> Response:
    problem = ErrorBody(error_type, code, message)
    return RefusedError(status, problem).response(
        new_request_id(random), account.options.error_source
    )


def _too_many(account: Account, fault: Fault, random: Random) -> Response:
    answer = _refusal(account, random, 429, "system", "rate_limit_exceeded", "Too many requests.")
    wait = fault.retry_after
    if wait is None:
        return answer
    if fault.as_date:
        wait = http_date(account.clock.now() + timedelta(seconds=int(wait)))
    return replace(answer, headers={**answer.headers, "retry-after": str(wait)})


def before(account: Account, fault: Fault, request: IncomingRequest, random: Random) -> None:
    """What a fault does to the account before the request is looked at."""
    if fault.kind is FaultKind.CALL and fault.call is not None:
        fault.call(account, request)
    elif fault.kind is FaultKind.DRIFT:
        account.clock.advance(seconds=fault.seconds)
        for _ in range(fault.rows):
            _drift(account, request.path, random)
    elif fault.kind is FaultKind.LATE_COMMIT:
        for shipment_id in _some(random, account.ids("shipments"), fault.rows):
            modified_at = account.clock.now() - timedelta(seconds=fault.seconds)
            note = f"late note {len(account.journal)}"
            account.orders.commit_late(shipment_id, modified_at=modified_at, notes_from_buyer=note)


def _some(random: Random, ids: list[str], count: int) -> list[str]:
    return random.sample(ids, min(count, len(ids)))


def _drift(account: Account, path: str, random: Random) -> None:
    """Change one row, chosen by chance, of the list at a path."""
    mark = len(account.journal)
    match path:
        case "/v2/labels":
            for label_id in _some(random, account.ids("labels"), 1):
                account.parcels.change_label(label_id, cause="drift", label_image_id=f"img-{mark}")
        case "/v2/fulfillments":
            for entity_id in _some(random, account.ids("fulfillments"), 1):
                message = f"store answered {mark}"
                account.parcels.change_fulfillment(
                    entity_id, cause="drift", notification_error_message=message
                )
        case "/v2/inventory":
            level = random.choice(account.stock.levels())
            on_hand = random.choice((0, level["on_hand"] + 1))
            account.stock.move(
                level["sku"], level["inventory_location_id"], on_hand=on_hand, cause="drift"
            )
        case _:
            for shipment_id in _some(random, account.ids("shipments"), 1):
                account.orders.change(shipment_id, cause="drift", notes_from_buyer=f"n {mark}")


@dataclass(frozen=True)
class Struck:
    """A request that a fault hit, and where to find what the fault needs."""

    account: Account
    faults: Faults
    fault: Fault
    request: IncomingRequest


Spoil = Callable[[Struck, Response], Response]


def after(struck: Struck, response: Response) -> Response:
    """What a fault makes of an answer."""
    spoil = _SPOILERS.get(struck.fault.kind)
    return response if spoil is None else spoil(struck, response)


def remember(faults: Faults, request: IncomingRequest, response: Response) -> None:
    """Keep the rows of an answer while a later page may have to repeat them."""
    if faults.remembers(request.path) and response.body:
        rows = _rows(orjson.loads(response.body))
        if rows:
            faults.tails[request.path] = list(rows)


def _rows(document: object) -> list[Any] | None:
    """The rows of a list's answer; None for anything else."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict) or not ("links" in document or set(document) <= _UNPAGED):
        return None
    return next((value for value in document.values() if isinstance(value, list)), None)


def _broken(breakage: Breakage) -> Spoil:
    return lambda struck, response: replace(response, breakage=breakage)


def _replaced(status: int, body: bytes, headers: Mapping[str, str]) -> Spoil:
    return lambda struck, response: Response(status, body, headers)


def _cut_body(struck: Struck, response: Response) -> Response:
    return Response(200, response.body[: max(1, len(response.body) // 2)] or b"{", JSON)


def _edited(edit: Callable[[Struck, Any], None]) -> Spoil:
    def spoil(struck: Struck, response: Response) -> Response:
        if not response.body or response.status >= 400:
            return response
        try:
            document = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            # A fault before this one has left nothing to edit.
            return response
        edit(struck, document)
        return replace(response, body=orjson.dumps(document))

    return spoil


def _duplicates(struck: Struck, document: Any) -> None:
    rows, tail = _rows(document), struck.faults.tails.get(struck.request.path, [])
    if rows is not None:
        rows[:0] = tail[-struck.fault.rows :]


def _missing_page(struck: Struck, document: Any) -> None:
    rows = _rows(document)
    if rows is not None:
        rows.clear()


def _targets(fault: Fault, document: Any) -> list[Any]:
    """The objects to edit: the first rows of a list, or the object itself."""
    rows = _rows(document)
    return [document] if rows is None else rows[: fault.rows]


def _unknown_field(struck: Struck, document: Any) -> None:
    for target in _targets(struck.fault, document):
        target[struck.fault.field] = struck.fault.value


def _wrong_type(struck: Struck, document: Any) -> None:
    *way, last = struck.fault.field.split(".")
    for target in _targets(struck.fault, document):
        for name in way:
            target = target[name]
            target = target[0] if isinstance(target, list) else target
        target[last] = struck.fault.value


def _stale(struck: Struck, document: Any) -> None:
    kind = struck.request.path.rsplit("/", 1)[-1]
    rows = _rows(document)
    if rows is None or kind not in ("shipments", "labels", "fulfillments"):
        return
    collection = struck.account.collection(kind)  # type: ignore[arg-type]
    left = struck.fault.rows
    for position, body in enumerate(rows):
        row = collection.get(body[collection.layout.id_field])
        if left and row is not None and row.previous is not None:
            rows[position] = orjson.loads(row.previous)
            left -= 1


_SPOILERS: dict[FaultKind, Spoil] = {
    FaultKind.SERVER_ERROR_AFTER: _replaced(500, b"", {}),
    FaultKind.RESET_AFTER: _broken(Breakage.RESET),
    FaultKind.TIMEOUT_AFTER: _broken(Breakage.SILENCE),
    FaultKind.CUT_CONNECTION: _broken(Breakage.CUT),
    FaultKind.CUT_BODY: _cut_body,
    FaultKind.HTML: _replaced(200, _PAGE, _HTML),
    FaultKind.NOT_JSON: _replaced(200, b"upstream said: {shipments: [}", JSON),
    FaultKind.EMPTY: _replaced(200, b"", JSON),
    FaultKind.DUPLICATES: _edited(_duplicates),
    FaultKind.MISSING_PAGE: _edited(_missing_page),
    FaultKind.UNKNOWN_FIELD: _edited(_unknown_field),
    FaultKind.WRONG_TYPE: _edited(_wrong_type),
    FaultKind.STALE: _edited(_stale),
}
