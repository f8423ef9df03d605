-- Events come as one JSON list: that takes DuckDB half as long as a registered table of a few rows.
insert into ledger.outbox (
    recorded_at, connection, kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason
)
select
    event.recorded_at, $connection, $kind, event.row_key, event.state, event.source,
    event.attempt, event.plan_digest, event.subject, event.places, event.request,
    event.reading_before, event.reading_after, event.http_status, event.request_id, event.reason
from (
    select
        unnest(
            from_json(
                $events,
                '[{
                    "recorded_at": "TIMESTAMPTZ",
                    "row_key": "VARCHAR",
                    "state": "VARCHAR",
                    "source": "VARCHAR",
                    "attempt": "INTEGER",
                    "plan_digest": "VARCHAR",
                    "subject": "VARCHAR",
                    "places": ["VARCHAR"],
                    "request": "JSON",
                    "reading_before": "JSON",
                    "reading_after": "JSON",
                    "http_status": "INTEGER",
                    "request_id": "VARCHAR",
                    "reason": "VARCHAR"
                }]'
            )
        ) as event
)
