"""The settings of one ShipStation account, checked: key, address, limits, windows and policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn, Protocol
from urllib.parse import urlsplit

from shipsync.errors import ConfigurationError
from shipsync.merchant import Merchant
from shipsync.scrubbing import Forms

if TYPE_CHECKING:
    import pendulum

MEGABYTE = 1_000_000
BASE_URL = "https://api.shipstation.com"
PersonalData = Literal["keep", "hash", "drop"]
PERSONAL_DATA: tuple[PersonalData, ...] = ("keep", "hash", "drop")
# What becomes of a row at a target that is here no more: it goes, or it stays with the instant in a column.
RemovedRows = Literal["delete", "mark"]

_HEADER = re.compile(r"[!-~]+")
_V1_KEY = re.compile(r"[0-9a-f]{32}(?:\s*:\s*[0-9a-f]{32})?", re.IGNORECASE)


class Secret:
    """A text that neither ``str`` nor ``repr`` nor ``format`` shows, and that cannot be pickled."""

    __slots__ = ("__forms", "__text")

    def __init__(self, text: str) -> None:
        self.__text = text
        self.__forms: Forms | None = None

    def reveal(self) -> str:
        """The text itself; call it only where the text is sent to whom it is meant for."""
        return self.__text

    def scrub(self, text: str) -> str:
        """``text`` with the secret taken out: in any case, percent-encoded, escaped or in Base64 too."""
        return self._found_in().scrub(text)

    def scrub_bytes(self, content: bytes) -> bytes:
        """``content`` with the secret taken out likewise, unless it is shorter than 8 characters."""
        return self._found_in().scrub_bytes(content)

    def _found_in(self) -> Forms:
        if self.__forms is None:
            self.__forms = Forms(self.__text)
        return self.__forms

    def __repr__(self) -> str:
        return "Secret([secret])"

    def __str__(self) -> str:
        return "[secret]"

    def __format__(self, format_spec: str) -> str:
        return "[secret]"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.__text == self.__text

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: Mapping[int, object]) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A secret is not written out; pass on the connection's name and load it there."
        )


class RateSettings(Protocol):
    """What is needed to estimate how long work on an account takes: no key, no address."""

    @property
    def name(self) -> str:
        """The connection's name."""
        ...

    @property
    def requests_per_minute(self) -> int:
        """The account's limit."""
        ...

    @property
    def page_size(self) -> int:
        """Rows asked for at once."""
        ...


LEAST_SALT_BYTES: Final = 16
_A_NEW_SALT: Final = (
    'Put personal_data_salt = "..." into .dlt/secrets.toml, with the value that '
    "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` prints, and keep a copy of it."
)


def _hours(period: timedelta) -> float:
    return period.total_seconds() / 3600


def _check_range(key: str, value: float, low: float, high: int) -> None:
    if not low <= value <= high:
        raise ConfigurationError(f"{key} is {value:g}; {low} to {high} are allowed.")


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


AlertForm = Literal["json", "slack", "healthchecks"]
ALERT_FORMS: tuple[AlertForm, ...] = ("json", "slack", "healthchecks")


@dataclass(frozen=True)
class AlertSettings:
    """Where and how it is told that something needs a person; nowhere while ``url`` is None.

    ``max_age`` is the age from which a last good run, or a stream's last good reading, is too old. Raises
    ``ConfigurationError`` for a value that cannot be used; the address, which may hold a password, is not
    quoted.
    """

    url: Secret | None = None
    form: AlertForm = "json"
    max_age: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if self.form not in ALERT_FORMS:
            raise ConfigurationError(
                f"form in [alerts] is {self.form!r}; it can be {', '.join(ALERT_FORMS)}."
            )
        _check_range("max_age_hours in [alerts]", _hours(self.max_age), 0.01, 8760)
        if self.url is not None and not _may_be_posted_to(self.url.reveal()):
            raise ConfigurationError(
                "url in [alerts] must be an address that begins with https://, or with http:// for this "
                "machine."
            )


def _may_be_posted_to(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_encrypted = parts.scheme == "https" and bool(host)
    return url.isascii() and (is_encrypted or (parts.scheme == "http" and is_loopback(host)))


@dataclass(frozen=True)
class Connection:
    """One ShipStation account, checked when it is made.

    Raises ``ConfigurationError`` for a value that is out of range. Periods are ``timedelta``;
    ``changes_since`` is None for "since the first run"; ``inventory_every`` zero means each run.
    """

    name: str
    api_key: Secret
    database: Path
    base_url: str = BASE_URL
    timeout_seconds: float = 10.0
    request_deadline: timedelta = timedelta(seconds=180)
    run_deadline: timedelta = timedelta(hours=6)
    largest_answer_mb: int = 64
    largest_webhook_mb: int = 4
    requests_per_minute: int = 200
    page_size: int = 500
    give_up_after: timedelta = timedelta(seconds=300)
    lag: timedelta = timedelta(seconds=900)
    label_sweep_days: int = 45
    slow_lists_every: timedelta = timedelta(hours=24)
    inventory_every: timedelta = timedelta(0)
    checkpoint_pages: int = 20
    memory_limit_mb: int | None = None
    tracking_calls_per_run: int = 300
    tracking_calls_per_day: int = 5000
    tracking_finished_after_days: int = 60
    tracking_returns_days: int = 10
    delivery_sweep: timedelta = timedelta(hours=1)
    tracking_language: str = "en"
    tracking_wording: Path | None = None
    tracking_promises: bool = False
    order_prefixes: tuple[str, ...] = ()
    order_suffixes: tuple[str, ...] = ()
    personal_data: PersonalData = "keep"
    personal_data_salt: Secret | None = field(default=None)
    read_only: bool = False
    merchant: Merchant = field(default=Merchant())
    changes_since: pendulum.DateTime | None = None
    deliver_to: str | None = None
    deliver_secret: Secret | None = None
    publish_to: str | None = None
    publish_removed_rows: RemovedRows = "delete"
    lineage_to: str | None = None
    lineage_key: Secret | None = None
    alerts: AlertSettings = AlertSettings()

    def __post_init__(self) -> None:
        _check_key(self.api_key)
        _check_address(self.base_url)
        if not 10 <= self.timeout_seconds <= 180:
            raise ConfigurationError(
                f"timeout_seconds is {self.timeout_seconds:g}; 10 to 180 seconds are allowed."
            )
        _check_range("request_deadline_seconds", self.request_deadline.total_seconds(), 10, 3600)
        _check_range("run_deadline_hours", _hours(self.run_deadline), 0.01, 8760)
        _check_range("largest_answer_mb", self.largest_answer_mb, 1, 2000)
        _check_range("largest_webhook_mb", self.largest_webhook_mb, 1, 2000)
        _check_range("requests_per_minute", self.requests_per_minute, 1, 1_000_000)
        _check_range("page_size", self.page_size, 1, 500)
        _check_range("give_up_after_seconds", self.give_up_after.total_seconds(), 1, 86_400)
        _check_range("lag_seconds", self.lag.total_seconds(), 1, 7 * 86_400)
        _check_range("label_sweep_days", self.label_sweep_days, 1, 3650)
        _check_range("slow_lists_every_hours", _hours(self.slow_lists_every), 0, 8760)
        _check_range("inventory_every_hours", _hours(self.inventory_every), 0, 8760)
        _check_range("checkpoint_pages", self.checkpoint_pages, 1, 10_000)
        if self.memory_limit_mb is not None:
            _check_range("memory_limit_mb", self.memory_limit_mb, 64, 1_000_000)
        _check_range("tracking_calls_per_run", self.tracking_calls_per_run, 0, 1_000_000)
        _check_range("tracking_calls_per_day", self.tracking_calls_per_day, 0, 1_000_000)
        _check_range("tracking_finished_after_days", self.tracking_finished_after_days, 1, 3650)
        _check_range("tracking_returns_days", self.tracking_returns_days, 0, 365)
        _check_range("delivery_sweep_every_hours", _hours(self.delivery_sweep), 0, 8760)
        check_personal_data(self.personal_data, self.personal_data_salt)
        _check_lineage(self.lineage_to, self.lineage_key)

    @property
    def largest_answer(self) -> int:
        """The bytes that the body of an answer may have, unpacked."""
        return self.largest_answer_mb * MEGABYTE

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must be in nothing that is shown or stored, whoever says it."""
        given = (
            *(self.api_key, self.deliver_secret, self.personal_data_salt),
            *(self.alerts.url, self.lineage_key),
        )
        return tuple(secret for secret in given if secret is not None)

    @property
    def on_loopback(self) -> bool:
        """Whether the account is served by this machine, as the emulator's is."""
        return is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def key_looks_like_v1(self) -> bool:
        """Whether the key has the form of a V1 key: one or two groups of 32 hexadecimal digits."""
        return _V1_KEY.fullmatch(self.api_key.reveal().strip()) is not None


def check_personal_data(policy: str, salt: Secret | None) -> None:
    """Refuse an unknown policy, and hashes that could be guessed: ``ConfigurationError``."""
    if policy not in PERSONAL_DATA:
        raise ConfigurationError(
            f"personal_data is {policy!r}; it can be {', '.join(PERSONAL_DATA)}."
        )
    if policy == "hash" and salt is None:
        raise ConfigurationError(
            "personal_data is 'hash', and there is no personal_data_salt: without one, telephone numbers "
            f"could be guessed from their hashes. {_A_NEW_SALT}"
        )
    if policy != "keep" and salt is not None and len(salt.reveal().encode()) < LEAST_SALT_BYTES:
        raise ConfigurationError(
            f"personal_data_salt has fewer than {LEAST_SALT_BYTES} bytes, so it could be guessed. "
            f"{_A_NEW_SALT}"
        )


def _check_lineage(to: str | None, key: Secret | None) -> None:
    if to is None:
        return
    if "://" not in to:
        is_usable = to.endswith((".jsonl", ".ndjson"))
    else:
        is_usable = _may_be_posted_to(to) and not any(sign in to for sign in "@?#")
    if not is_usable:
        raise ConfigurationError(
            "lineage_to must be a file that ends in .jsonl, or an address that begins with https://, or with "
            "http:// for this machine, without a user name, a password or a ?; the key goes into lineage_key."
        )
    if key is not None and not _HEADER.fullmatch(key.reveal()):
        raise ConfigurationError("lineage_key holds what no header can carry; copy it again.")


def _check_key(key: Secret) -> None:
    # A header cannot carry them, and httpx would quote the whole key in its complaint.
    if not _HEADER.fullmatch(key.reveal()):
        raise ConfigurationError(
            "api_key is empty, or holds a space, a line break or a character outside ASCII, which "
            "no key has; copy it again."
        )


def _check_address(base_url: str) -> None:
    # The whole value is shown only once it is known to carry no user name and no password.
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError(
            f"base_url is not an address; leave it out to use {BASE_URL}."
        ) from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("base_url must not hold a user name or password; use api_key.")
    if parts.query or parts.fragment:
        raise ConfigurationError(f"base_url is {base_url!r}; it must end before any ? or #.")
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and is_loopback(host):
        return
    raise ConfigurationError(
        f"base_url is {base_url!r}; it must begin with https://, or with http:// for this machine "
        f"only (127.0.0.1). Leave it out to use {BASE_URL}."
    )
