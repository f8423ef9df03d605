"""One POST of a message, over within seconds whatever the receiver does."""

from __future__ import annotations

import threading
from typing import Final
from urllib.parse import urlsplit

import httpx

from shipsync.alerts.forms import Message
from shipsync.api.deadline import Deadline, bind
from shipsync.clock import SystemPacing
from shipsync.connection import Secret, is_loopback
from shipsync.version import __version__

PATIENCE_SECONDS: Final = 5.0
"""How long a receiver has, from the first attempt to connect to the end of its answer."""

# A name server that does not answer is not bounded by the deadline.
_PATIENCE_WITH_NAMES_SECONDS: Final = PATIENCE_SECONDS + 1


def post(
    url: Secret,
    message: Message,
    *,
    patience: float = PATIENCE_SECONDS,
    of: str = "alerts",
    key: Secret | None = None,
) -> str | None:
    """Send ``message`` once; returns why it did not arrive, as a sentence without the address, or None.

    ``of`` says what the receiver takes; ``key`` is sent to it as a bearer token.
    """
    said: list[str | None] = []
    thread = threading.Thread(
        target=lambda: said.append(_post(url.reveal(), message, patience, key)), daemon=True
    )
    thread.start()
    thread.join(patience + _PATIENCE_WITH_NAMES_SECONDS - PATIENCE_SECONDS)
    complaint = said[0] if said else _in_no_time(patience)
    return None if complaint is None else f"The receiver of {of} {complaint}"


def _post(url: str, message: Message, patience: float, key: Secret | None) -> str | None:
    host = urlsplit(url).hostname or ""
    deadline = Deadline(SystemPacing())
    headers = {"content-type": message.content_type}
    if key is not None:
        headers["authorization"] = f"Bearer {key.reveal()}"
    try:
        with (
            httpx.Client(
                headers={"user-agent": f"shipsync/{__version__}"},
                timeout=patience,
                follow_redirects=False,
                # A proxy named in the environment is for the world outside.
                trust_env=not is_loopback(host),
            ) as client,
            deadline.within(patience),
        ):
            bind(client, deadline)
            with client.stream(
                "POST",
                message.address(url),
                content=message.body,
                headers=headers,
            ) as answer:
                status = answer.status_code
    except httpx.TimeoutException:
        return _in_no_time(patience)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return f"could not be reached ({type(error).__name__})."
    if 200 <= status < 300:
        return None
    return f"answered {status}."


def _in_no_time(patience: float) -> str:
    return f"gave no answer within {patience:g} seconds."
