"""A ShipStation v2 account in a process; DIFFERENCES.md says how it differs from the real thing."""

from __future__ import annotations

from shipsync.emulator.account.journal import Journal, JournalEntry
from shipsync.emulator.emulated_account import EmulatedAccount as Account
from shipsync.emulator.http.faults import Fault, FaultKind
from shipsync.emulator.http.request import IncomingRequest, Response
from shipsync.emulator.http.server import Served, asgi_app, serve
from shipsync.emulator.http.transport import Transport
from shipsync.emulator.options import Options

__all__ = [
    "Account",
    "Fault",
    "FaultKind",
    "IncomingRequest",
    "Journal",
    "JournalEntry",
    "Options",
    "Response",
    "Served",
    "Transport",
    "asgi_app",
    "serve",
]
