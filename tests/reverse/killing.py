"""A ``kill -9`` that strikes at a chosen request."""

from __future__ import annotations

import subprocess
import threading

from shipsync.emulator import Account, IncomingRequest


class Killer:
    """Kills the process that applies at its n-th request, before or after the account obeys it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._victim: subprocess.Popen[bytes] | None = None
        self._left = 0

    def aim(self, victim: subprocess.Popen[bytes], at_request: int) -> None:
        """Kill ``victim`` once it has sent that many requests."""
        with self._lock:
            self._victim, self._left = victim, at_request

    def rest(self) -> None:
        """Kill nobody any more."""
        with self._lock:
            self._victim = None

    def strike(self, account: Account, request: IncomingRequest) -> None:
        """Count a request, and kill when it is the one."""
        with self._lock:
            self._left -= 1
            if self._left == 0 and self._victim is not None:
                self._victim.kill()
