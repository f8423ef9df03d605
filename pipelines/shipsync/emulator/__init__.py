"""A ShipStation v2 account in a process; DIFFERENCES.md says how it differs from the real thing."""

from __future__ import annotations

from shipsync.emulator.account import Account
from shipsync.emulator.journal import Entry, Journal
from shipsync.emulator.options import Options
from shipsync.emulator.request import Request, Response

__all__ = ["Account", "Entry", "Journal", "Options", "Request", "Response"]
