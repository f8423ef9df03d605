insert into ledger.outbox (
    recorded_at, connection, kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason
)
select
    recorded_at, connection, kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason
from new_events
