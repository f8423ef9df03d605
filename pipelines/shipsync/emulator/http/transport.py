"""The account behind httpx without a socket."""

from __future__ import annotations

import httpx

from shipsync.emulator.http.request import Answers, Breakage, IncomingRequest


class Transport(httpx.BaseTransport):
    """Answers every request of an ``httpx.Client`` from an account; the host does not matter.

    A broken connection is raised as httpx raises it: ReadError for a reset, ReadTimeout for
    silence (at once, nobody waits), RemoteProtocolError for a body that ends too early.
    """

    def __init__(self, account: Answers) -> None:
        self._account = account

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass one request to the account."""
        response = self._account.handle(
            IncomingRequest(
                method=request.method,
                path=request.url.raw_path.partition(b"?")[0].decode("ascii"),
                query=request.url.query.decode("ascii"),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.read(),
            )
        )
        match response.breakage:
            case Breakage.RESET:
                raise httpx.ReadError("the emulator reset the connection", request=request)
            case Breakage.SILENCE:
                raise httpx.ReadTimeout("the emulator keeps silent", request=request)
            case Breakage.CUT:
                message = "the emulator ended the body before its announced length"
                raise httpx.RemoteProtocolError(message, request=request)
            case None:
                return httpx.Response(
                    response.status, headers=dict(response.headers), content=response.body
                )
