"""Every setting of a connection: its key and what it sets."""

from __future__ import annotations

from shipsync.settings.setting import (
    Setting,
    as_hours,
    as_instant,
    as_number,
    as_path,
    as_seconds,
    as_secret,
    as_text,
    as_texts,
    as_whole,
    as_yes_or_no,
    one_of,
)

_NUMBER, _DAYS = "a whole number", "a whole number of days"

SETTINGS: dict[str, Setting] = {
    "api_key": Setting(
        "api_key",
        "a text that is not empty",
        as_secret,
        "The account's V2 API key; from `.dlt/secrets.toml` or the environment only.",
    ),
    "base_url": Setting(
        "base_url",
        "an address",
        as_text,
        "The address of the API; http is allowed for this machine only, as for the emulator.",
    ),
    "timeout_seconds": Setting(
        "timeout_seconds",
        "a number from 10 to 180",
        as_number,
        "How long to wait for an answer to one request to go on; 10 to 180.",
    ),
    "request_deadline_seconds": Setting(
        "request_deadline",
        "a number of seconds",
        as_seconds,
        "How long one attempt at a request may take in all, however steadily its answer trickles in.",
    ),
    "run_deadline_hours": Setting(
        "run_deadline",
        "a number of hours",
        as_hours,
        "How long one sync or reconcile may ask the account; then it ends, and keeps what it loaded.",
    ),
    "largest_answer_mb": Setting(
        "largest_answer_mb",
        "a whole number of megabytes",
        as_whole,
        "An answer whose body is larger, unpacked, is left where it passes that.",
    ),
    "largest_webhook_mb": Setting(
        "largest_webhook_mb",
        "a whole number of megabytes",
        as_whole,
        "A webhook in a file or a line that is longer is named and left alone.",
    ),
    "requests_per_minute": Setting(
        "requests_per_minute",
        _NUMBER,
        as_whole,
        "The account's rate limit; raise it only if ShipStation raised yours.",
    ),
    "page_size": Setting(
        "page_size",
        "a whole number from 1 to 500",
        as_whole,
        "Rows asked for in one request; 1 to 500.",
    ),
    "give_up_after_seconds": Setting(
        "give_up_after",
        "a number of seconds",
        as_seconds,
        "How long a failing request is repeated before its stream fails.",
    ),
    "lag_seconds": Setting(
        "lag",
        "a number of seconds",
        as_seconds,
        "How far before its cursor each run reads shipments again, for changes that show up late.",
    ),
    "label_sweep_days": Setting(
        "label_sweep_days",
        _DAYS,
        as_whole,
        "Labels and fulfillments created in so many days are read again once a day.",
    ),
    "slow_lists_every_hours": Setting(
        "slow_lists_every",
        "a number of hours",
        as_hours,
        "How often products, carriers, warehouses, locations and tags are read; 0 is each run.",
    ),
    "inventory_every_hours": Setting(
        "inventory_every",
        "a number of hours",
        as_hours,
        "How often stock levels are read; 0 is each run.",
    ),
    "checkpoint_pages": Setting(
        "checkpoint_pages",
        _NUMBER,
        as_whole,
        "Pages loaded and committed together; an interrupted run goes on from the last commit.",
    ),
    "memory_limit_mb": Setting(
        "memory_limit_mb",
        "a whole number of megabytes",
        as_whole,
        "What DuckDB may take of the memory while rows are loaded; an eighth of it, from 160 to 400, if "
        "left out. Past it, it writes to a folder beside the database. A build takes an eighth, from 1,000 "
        "to 4,000, or this if it is more.",
    ),
    "tracking_calls_per_run": Setting(
        "tracking_calls_per_run",
        _NUMBER,
        as_whole,
        "The most parcels whose tracking one run asks for; each costs a request.",
    ),
    "tracking_calls_per_day": Setting(
        "tracking_calls_per_day",
        _NUMBER,
        as_whole,
        "The most parcels whose tracking is asked for in any 24 hours.",
    ),
    "tracking_finished_after_days": Setting(
        "tracking_finished_after_days",
        _DAYS,
        as_whole,
        "A parcel without news for so long is not asked for any more.",
    ),
    "tracking_returns_days": Setting(
        "tracking_returns_days",
        _DAYS,
        as_whole,
        "A delivered parcel is looked at again 4 and 10 days after, within so many days: it may come back.",
    ),
    "delivery_sweep_every_hours": Setting(
        "delivery_sweep",
        "a number of hours",
        as_hours,
        "How often labels of parcels under way are listed again, to see which were delivered; 0 is each run.",
    ),
    "tracking_language": Setting(
        "tracking_language",
        "the code of a language",
        as_text,
        "The language in which `track` answers: `en`, `de`, or one that `tracking_wording` adds.",
    ),
    "tracking_wording": Setting(
        "tracking_wording",
        "the path of a file",
        as_path,
        "A TOML file with sentences of your own, in place of those of `track` or in a further language.",
    ),
    "tracking_promises": Setting(
        "tracking_promises",
        "true or false",
        as_yes_or_no,
        "Whether `track` tells a buyer what you will do, such as asking the carrier to look for a parcel.",
    ),
    "order_prefixes": Setting(
        "order_prefixes",
        "a list of texts",
        as_texts,
        "What your order numbers begin with and people leave out, such as `ACME-`; what two of a "
        "store's numbers begin with is known by itself, unless it holds digits.",
    ),
    "order_suffixes": Setting(
        "order_suffixes",
        "a list of texts",
        as_texts,
        "What your order numbers end with and people leave out, such as `-EU`.",
    ),
    "personal_data": Setting(
        "personal_data",
        "keep, hash or drop",
        as_text,
        "What is stored of buyers: `keep`, `hash` or `drop`; see [personal data](personal-data.md).",
    ),
    "personal_data_salt": Setting(
        "personal_data_salt",
        "a text that is not empty",
        as_secret,
        "The key of the hashes, 16 bytes or more; `hash` demands it.",
    ),
    "read_only": Setting(
        "read_only",
        "true or false",
        as_yes_or_no,
        "Whether every write to the account is refused before it is sent.",
    ),
    "timezone": Setting(
        "timezone",
        "the name of a zone",
        as_text,
        "The zone whose days every date means; `America/Los_Angeles` is what ShipStation writes on labels.",
    ),
    "sla_hours": Setting(
        "sla_hours",
        "a number of hours",
        as_number,
        "Metrics: hours from order to label that you allow yourself where an order has no ship-by date.",
    ),
    "lead_days": Setting(
        "lead_days",
        _DAYS,
        as_whole,
        "Metrics: days from ordering stock to having it on the shelf.",
    ),
    "review_days": Setting(
        "review_days",
        _DAYS,
        as_whole,
        "Metrics: days between two orders of stock.",
    ),
    "service_level": Setting(
        "service_level",
        "a number from 0.5 to 0.9999",
        as_number,
        "Metrics: the share of those periods in which stock must not run out.",
    ),
    "dimensional_divisor": Setting(
        "dimensional_divisor",
        "a number",
        as_number,
        "Metrics: cubic inches that your carriers bill as one pound.",
    ),
    "claim_after_days": Setting(
        "claim_after_days",
        _DAYS,
        as_whole,
        "Metrics: a label that no carrier has scanned for so long is money to claim back.",
    ),
    "cohort_age_days": Setting(
        "cohort_age_days",
        _DAYS,
        as_whole,
        "Metrics: rates of delivery leave out parcels younger than this, which could not arrive yet.",
    ),
    "cutoff_hour": Setting(
        "cutoff_hour",
        "an hour from 0 to 23",
        as_whole,
        "Metrics: an order that comes before this hour of the day leaves on that day.",
    ),
    "database": Setting("database", "the path of a file", as_path, "The DuckDB file."),
    "changes_since": Setting(
        "changes_since",
        "a day (2026-01-31) or an instant with its offset (…T08:00:00Z)",
        as_instant,
        "Shipments and fulfillments created before this day or instant make no events.",
    ),
    "deliver_to": Setting(
        "deliver_to",
        "an https address, a file or a folder",
        as_text,
        "Where each run delivers new events: an https address, `FILE.jsonl` or `FOLDER/`.",
    ),
    "deliver_secret": Setting(
        "deliver_secret",
        "a text that is not empty",
        as_secret,
        "Signs deliveries to an https address; base64, as Standard Webhooks has it.",
    ),
    "publish_to": Setting(
        "publish_to",
        "a target of `shipsync publish`",
        as_text,
        "Where each run publishes at its end: `destination:NAME`, `parquet:FOLDER`, `delta:FOLDER`, "
        "`iceberg:FOLDER`, `ducklake:FOLDER` or `postgresql://USER@HOST/DATABASE`; see "
        "[publish](publish.md).",
    ),
    "publish_removed_rows": Setting(
        "publish_removed_rows",
        "delete or mark",
        one_of("delete", "mark"),
        "What a publish does with rows at the target that are gone here: `delete` them, or `mark` them in a "
        "column `_deleted_at` (Postgres and DuckLake).",
    ),
    "lineage_to": Setting(
        "lineage_to",
        "an https address or a file",
        as_text,
        "Where each run tells what it read and wrote, as events of "
        "[OpenLineage](operations.md#lineage): an https address or `FILE.jsonl`.",
    ),
    "lineage_key": Setting(
        "lineage_key",
        "a text that is not empty",
        as_secret,
        "Sent to an address in `lineage_to` as a bearer token.",
    ),
}

ALERT_SETTINGS: dict[str, Setting] = {
    "url": Setting(
        "url",
        "an address",
        as_secret,
        "Where a run tells what needs a person; from `.dlt/secrets.toml` or the environment only.",
    ),
    "form": Setting(
        "form",
        "json, slack or healthchecks",
        as_text,
        "What is sent: `json` ([documented](operations.md#alerts)), `slack` or `healthchecks`.",
    ),
    "max_age_hours": Setting(
        "max_age",
        "a number of hours",
        as_hours,
        "A last good run, or a last good reading of a list, that is older than this needs a person.",
    ),
}
