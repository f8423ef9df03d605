"""An account on loopback whose every answer carries marked values wherever a buyer may be named."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
import orjson

from shipsync.emulator import Account, Transport
from shipsync.sources.allow_list import Allowed, allowed_of
from shipsync.sources.streams import STREAMS
from sync.planted import ADDED, EVENT, INSIDE, MARK

# A label and a fulfillment name their shipment too.
_STREAM_OF: Final = {
    "label_id": "labels",
    "fulfillment_id": "fulfillments",
    "shipment_id": "shipments",
}


class Marks:
    """Marked values, one for each place and always the same there, so that a row read again is the same."""

    def __init__(self) -> None:
        self.by_place: dict[str, str] = {}

    def at(self, place: str) -> str:
        """The mark of a place."""
        return self.by_place.setdefault(place, f"{MARK}{len(self.by_place):05d}x")

    def filled(self, value: Any, place: str) -> Any:
        """A copy of ``value`` in which each star is a mark of its own."""
        if isinstance(value, dict):
            return {key: self.filled(inner, f"{place}.{key}") for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner, f"{place}[{at}]") for at, inner in enumerate(value)]
        return value.replace("*", self.at(place)) if isinstance(value, str) else value

    def planted(self, stream: str, row: dict[str, Any], place: str) -> dict[str, Any]:
        """A row of a list in which every text that may not be stored is a mark, with more of them added."""
        marked = self._marked(row, allowed_of(STREAMS[stream]), place)
        marked.update(self.filled(ADDED[stream], place))
        for key, inner in INSIDE.items():
            for holder in (marked, *(marked.get("packages") or ())):
                if key in holder:
                    found = holder[key] if isinstance(holder[key], dict) else {}
                    holder[key] = {**found, **self.filled(inner, f"{place}.{key}")}
        for at, item in enumerate(marked.get("items") or ()):
            item["options"] = self.filled(
                [{"name": "Engraving", "value": "For *"}], f"{place}.items[{at}]"
            )
            item["gift_message"] = self.filled("*", f"{place}.items[{at}].gift")
        return marked

    def _marked(self, row: dict[str, Any], allowed: Allowed, place: str) -> dict[str, Any]:
        marked = dict(row)
        for key, value in row.items():
            part, here = allowed.get(key), f"{place}.{key}"
            if isinstance(part, dict) and isinstance(value, dict):
                marked[key] = self._marked(value, part, here)
            elif isinstance(part, dict) and isinstance(value, list):
                marked[key] = [
                    self._marked(one, part, f"{here}[{at}]") if isinstance(one, dict) else one
                    for at, one in enumerate(value)
                ]
            elif part is None and isinstance(value, str) and value:
                marked[key] = self.at(f"{here}={value}")
        return marked

    def answer(self, path: str, body: Any) -> Any:
        """The body of an answer to ``path``, planted."""
        if not isinstance(body, dict):
            return body
        if "events" in body:
            events = [
                {**event, **self.filled(EVENT, f"{path}.events[{at}]")}
                for at, event in enumerate(body["events"])
            ]
            said = self.filled("* was out", f"{path}.exception")
            return {**body, "exception_description": said, "events": events}
        for key, stream in _STREAM_OF.items():
            if key in body and isinstance(body[key], str):
                return self.planted(stream, body, f"{stream} {body[key]}")
        planted = {
            name: [self.answer(path, one) for one in value] if isinstance(value, list) else value
            for name, value in body.items()
        }
        return planted | {"asked_by": {"name": self.at(f"{path} asked by")}}

    def refusal(self, path: str, code: str = "invalid_field_value") -> dict[str, Any]:
        """An error that repeats a whole shipment with its buyer, and quotes him in its message."""
        name, street = self.at(f"{path} error name"), self.at(f"{path} error street")
        error = {
            "error_source": "shipstation",
            "error_type": "validation",
            "error_code": code,
            "message": f"The address '{street}' of {name} is not known.",
            "field_name": "ship_to.address_line1",
            "field_value": {"ship_to": {"name": name, "address_line1": street}},
        }
        plain = {**error, "field_value": street, "message": f"'{street}' is not known."}
        bare = {"message": f"{name} of {street} can't be reached."}
        elsewhere = {
            key: self.at(f"{path} error {key}")
            for key in ("error_code", "error_source", "field_name")
        }
        errors = [error, plain, bare, {**elsewhere, "message": f"See {name}."}]
        return {"request_id": self.at(f"{path} request id"), "errors": errors}

    def remarked(self, path: str, body: Any) -> Any:
        """The body of a 2xx answer to a change, in which carriers and ShipStation remark on a buyer."""
        if not isinstance(body, dict):
            return body
        said = f"{self.at(f'{path} remark')} does not open."
        if "approved" in body:
            return {**body, "message": said, "request_id": self.at(f"{path} request id")}
        if "rate_response" in body:
            given = body["rate_response"]
            rates = [{**rate, "warning_messages": [said]} for rate in given.get("rates", ())]
            errors = [{"message": said}, {"error_code": said}]
            given = {**given, "rates": rates, "errors": errors}
            return {**body, "rate_response": given}
        return body


class PlantingServer:
    """``account`` on loopback, planted; ``broken`` gives paths their own status, with an error body.

    ``odd`` are rows that are put in front of the lists of their names as they are. ``requests`` counts.
    """

    def __init__(self, account: Account) -> None:
        self.marks = Marks()
        self.broken: dict[str, int] = {}
        self.refused_writes = 0
        self.odd: dict[str, list[Any]] = {}
        inner = httpx.Client(transport=Transport(account), base_url="http://emulator")
        planting = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("content-length", 0))
                answer = inner.request(
                    self.command,
                    self.path,
                    content=self.rfile.read(length),
                    headers={
                        "api-key": self.headers["api-key"],
                        "content-type": "application/json",
                    },
                )
                status, body = planting.altered(self.command, self.path.split("?")[0], answer)
                self.send_response_only(status)
                self.send_header("Date", answer.headers["date"])
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - of the library

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def altered(self, method: str, path: str, answer: httpx.Response) -> tuple[int, bytes]:
        """What goes out in place of an answer of the account."""
        if method != "GET" and self.refused_writes:
            self.refused_writes -= 1
            return 400, orjson.dumps(self.marks.refusal(path))
        if path in self.broken:
            return self.broken[path], orjson.dumps(self.marks.refusal(path))
        if answer.status_code >= 400:
            said = answer.json() if answer.content else {}
            errors = [*said.get("errors", ()), *self.marks.refusal(path)["errors"]]
            return answer.status_code, orjson.dumps({**said, "errors": errors})
        if not answer.content:
            return answer.status_code, b""
        body = self.marks.answer(path, answer.json())
        if method != "GET":
            body = self.marks.remarked(path, body)
        name = path.rsplit("/", 1)[-1]
        if name in self.odd and isinstance(body.get(name), list):
            body[name] = [*self.odd[name], *body[name]]
        return answer.status_code, orjson.dumps(body)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
