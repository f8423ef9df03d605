"""What each fault does: to the account, in place of an answer, or to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from shipsync.emulator.http.faults import Fault, FaultKind
from shipsync.emulator.http.problems import JSON, ErrorBody, ErrorType, RefusedError
from shipsync.emulator.http.request import Breakage, IncomingRequest, Response
from shipsync.emulator.timestamps import http_date

if TYPE_CHECKING:
    from shipsync.emulator.account.account import Account

_PAGE = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Try later.</body></html>"
_HTML = {"content-type": "text/html; charset=utf-8"}
_TEXT = {"content-type": "text/plain"}

_UNPAGED = frozenset({"warehouses", "tags", "carriers", "request_id", "errors"})
"""What answers hold that are lists without links."""


def instead(account: Account, fault: Fault) -> Response | None:
    """The answer that a fault gives in the account's place, which then does nothing; or None."""
    kind = FaultKind
    match fault.kind:
        case kind.TOO_MANY_REQUESTS:
            return _too_many(account, fault)
        case kind.KEY_REFUSED:
            return _refusal(account, 401, "security", "unauthorized", "The API key is invalid.")
        case kind.ACCESS_DENIED:
            return _refusal(account, 403, "security", "forbidden", "This key may not use the API.")
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
    account: Account, status: int, error_type: ErrorType, code: str, message: str
) -> Response:
    problem = ErrorBody(error_type, code, message)
    return RefusedError(status, problem).response(account.request_id())


def _too_many(account: Account, fault: Fault) -> Response:
    answer = _refusal(account, 429, "system", "rate_limit_exceeded", "Too many requests.")
    wait = fault.retry_after
    if wait is None:
        return answer
    if fault.as_date:
        wait = http_date(account.clock.now() + timedelta(seconds=int(wait)))
    return replace(answer, headers={**answer.headers, "retry-after": str(wait)})


def before(account: Account, fault: Fault, request: IncomingRequest) -> None:
    """What a fault does to the account before the request is looked at."""
    if fault.kind is FaultKind.CALL and fault.call is not None:
        fault.call(account, request)
    elif fault.kind is FaultKind.DRIFT:
        account.clock.advance(seconds=fault.seconds)
        for _ in range(fault.rows):
            _drift(account, request.path)
    elif fault.kind is FaultKind.LATE_COMMIT:
        for shipment_id in _some(account, account.ids("shipments"), fault.rows):
            modified_at = account.clock.now() - timedelta(seconds=fault.seconds)
            note = f"late note {len(account.journal)}"
            account.commit_late(shipment_id, modified_at=modified_at, notes_from_buyer=note)


def _some(account: Account, ids: list[str], count: int) -> list[str]:
    return account.dice.sample(ids, min(count, len(ids)))


def _drift(account: Account, path: str) -> None:
    """Change one row, chosen by chance, of the list at a path."""
    mark = len(account.journal)
    match path:
        case "/v2/labels":
            for label_id in _some(account, account.ids("labels"), 1):
                account.change_label(label_id, cause="drift", label_image_id=f"img-{mark}")
        case "/v2/fulfillments":
            for entity_id in _some(account, account.ids("fulfillments"), 1):
                message = f"store answered {mark}"
                account.change_fulfillment(
                    entity_id, cause="drift", notification_error_message=message
                )
        case "/v2/inventory":
            level = account.dice.choice(account.levels())
            on_hand = account.dice.choice((0, level["on_hand"] + 1))
            account.move_stock(
                level["sku"], level["inventory_location_id"], on_hand=on_hand, cause="drift"
            )
        case _:
            for shipment_id in _some(account, account.ids("shipments"), 1):
                account.change_shipment(shipment_id, cause="drift", notes_from_buyer=f"n {mark}")


Spoil = Callable[["Account", Fault, IncomingRequest, Response], Response]


def after(account: Account, fault: Fault, request: IncomingRequest, response: Response) -> Response:
    """What a fault makes of an answer."""
    spoil = _SPOILERS.get(fault.kind)
    return response if spoil is None else spoil(account, fault, request, response)


def remember(account: Account, request: IncomingRequest, response: Response) -> None:
    """Keep the rows of an answer while a later page may have to repeat them."""
    if account.faults.remembers(request.path) and response.body:
        rows = _rows(orjson.loads(response.body))
        if rows:
            account.faults.tails[request.path] = list(rows)


def _rows(document: object) -> list[Any] | None:
    """The rows of a list's answer; None for anything else."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict) or not ("links" in document or set(document) <= _UNPAGED):
        return None
    return next((value for value in document.values() if isinstance(value, list)), None)


def _broken(breakage: Breakage) -> Spoil:
    return lambda account, fault, request, response: replace(response, breakage=breakage)


def _replaced(status: int, body: bytes, headers: Mapping[str, str]) -> Spoil:
    return lambda account, fault, request, response: Response(status, body, headers)


def _cut_body(
    account: Account, fault: Fault, request: IncomingRequest, response: Response
) -> Response:
    return Response(200, response.body[: max(1, len(response.body) // 2)] or b"{", JSON)


def _edited(edit: Callable[[Account, Fault, IncomingRequest, Any], None]) -> Spoil:
    def spoil(
        account: Account, fault: Fault, request: IncomingRequest, response: Response
    ) -> Response:
        if not response.body or response.status >= 400:
            return response
        try:
            document = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            # A fault before this one has left nothing to edit.
            return response
        edit(account, fault, request, document)
        return replace(response, body=orjson.dumps(document))

    return spoil


def _duplicates(account: Account, fault: Fault, request: IncomingRequest, document: Any) -> None:
    rows, tail = _rows(document), account.faults.tails.get(request.path, [])
    if rows is not None:
        rows[:0] = tail[-fault.rows :]


def _missing_page(account: Account, fault: Fault, request: IncomingRequest, document: Any) -> None:
    rows = _rows(document)
    if rows is not None:
        rows.clear()


def _targets(fault: Fault, document: Any) -> list[Any]:
    """The objects to edit: the first rows of a list, or the object itself."""
    rows = _rows(document)
    return [document] if rows is None else rows[: fault.rows]


def _unknown_field(account: Account, fault: Fault, request: IncomingRequest, document: Any) -> None:
    for target in _targets(fault, document):
        target[fault.field] = fault.value


def _wrong_type(account: Account, fault: Fault, request: IncomingRequest, document: Any) -> None:
    *way, last = fault.field.split(".")
    for target in _targets(fault, document):
        for name in way:
            target = target[name]
            target = target[0] if isinstance(target, list) else target
        target[last] = fault.value


def _stale(account: Account, fault: Fault, request: IncomingRequest, document: Any) -> None:
    kind = request.path.rsplit("/", 1)[-1]
    rows = _rows(document)
    if rows is None or kind not in ("shipments", "labels", "fulfillments"):
        return
    collection = account.collection(kind)  # type: ignore[arg-type]
    left = fault.rows
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
