"""The body of one message, in the form that its receiver takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import orjson

from shipsync.alerts.state import Alert
from shipsync.connection import AlertForm

VERSION: Final = 1
"""Of our own form; another one when a field goes or means something else."""


@dataclass(frozen=True)
class News:
    """What one message tells of one account: what ``began``, what is ``over``, what is ``open`` in all."""

    account: str
    sent_at: datetime
    began: Sequence[Alert]
    over: Sequence[Alert]
    open: Sequence[Alert]

    @property
    def text(self) -> str:
        """The same in plain text, a line for each."""
        lines = [f"shipsync, account {self.account}:"]
        lines += [f"- {alert.message}" for alert in self.began]
        lines += [f"- Over since {_minute(a.closed_at)}: {a.message}" for a in self.over]
        still = len(self.open) - sum(alert in self.open for alert in self.began)
        if still:
            lines.append(f"Still open from before: {still}. `shipsync status` lists all.")
        elif not self.open:
            lines.append("Nothing needs a person now.")
        return "\n".join(lines)


@dataclass(frozen=True)
class Message:
    """One POST: its body, and what its address is made of the one that is set."""

    body: bytes
    content_type: str
    address: Callable[[str], str] = str


def message(form: AlertForm, news: News) -> Message:
    """``news`` in the form of the receiver."""
    return _FORMS[form](news)


def _ours(news: News) -> Message:
    document = {
        "version": VERSION,
        "account": news.account,
        "sent_at": news.sent_at,
        "began": [_said(alert) for alert in news.began],
        "over": [_said(alert) for alert in news.over],
        "open": [_said(alert) for alert in news.open],
        "text": news.text,
    }
    return Message(orjson.dumps(document, default=_iso), "application/json")


def _said(alert: Alert) -> dict[str, object]:
    said: dict[str, object] = {
        "id": alert.alert_id,
        "condition": alert.condition,
        "subject": alert.subject,
        "message": alert.message,
        "began_at": alert.opened_at,
    }
    return said | ({"ended_at": alert.closed_at} if alert.closed_at else {})


def _iso(value: object) -> str:
    # A pendulum instant is no plain datetime to orjson.
    assert isinstance(value, datetime)
    return value.astimezone(UTC).isoformat()


def _slack(news: News) -> Message:
    # Slack takes these three for its own markup; source: its page "Formatting text for app surfaces".
    text = news.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Message(orjson.dumps({"text": text}), "application/json")


def _healthchecks(news: News) -> Message:
    text = news.text.encode()
    address = _with_fail if news.open else str
    return Message(text, "text/plain; charset=utf-8", address)


def _with_fail(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))


def _minute(moment: datetime | None) -> str:
    return "now" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


_FORMS: Final[dict[AlertForm, Callable[[News], Message]]] = {
    "json": _ours,
    "slack": _slack,
    "healthchecks": _healthchecks,
}
