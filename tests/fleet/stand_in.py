"""Stands in for ``shipsync``: behaves as the name of its account says, and writes down that it ran."""

import json
import os
import signal
import sys
import time
from pathlib import Path

account = sys.argv[sys.argv.index("--connection") + 1]
with Path("began.txt").open("a") as began:
    began.write(account + "\n")
if account.startswith("slow"):
    time.sleep(600)
if account.startswith("killed"):
    os.kill(os.getpid(), signal.SIGKILL)
if account.startswith("revoked"):
    sys.stderr.write("The key was refused (HTTP 401).\n")
    sys.stdout.write(json.dumps({"error": {"type": "KeyRefused", "exit_code": 1}}))
    sys.exit(1)
if account.startswith("busy"):
    sys.exit(4)
streams = [{"rows": 3}, {"rows": 4}]
sync = {"requests": 5, "streams": streams, "read_up_to": "2026-10-01T00:00:00Z"}
sys.stdout.write(json.dumps({"sync": sync, "build": None, "delivery": None}))
if account.startswith("odd"):
    sys.stderr.write("One row was set aside.\n")
    sys.exit(3)
