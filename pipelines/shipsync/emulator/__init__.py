"""A ShipStation v2 account in a process; DIFFERENCES.md says how it differs from the real thing."""

from __future__ import annotations

from shipsync.emulator.account import Account
from shipsync.emulator.faults import Fault, FaultKind
from shipsync.emulator.journal import Entry, Journal
from shipsync.emulator.options import Options
from shipsync.emulator.request import Request, Response
from shipsync.emulator.server import Served, asgi_app, serve
from shipsync.emulator.transport import Transport

__all__ = [
    "Account",
    "Entry",
    "Fault",
    "FaultKind",
    "Journal",
    "Options",
    "Request",
    "Response",
    "Served",
    "Transport",
    "asgi_app",
    "serve",
]
