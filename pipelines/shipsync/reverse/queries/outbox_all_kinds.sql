select
    kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason,
    planned_at, sent_at, settled_at
from ledger.outbox_current
where connection = $connection
order by last_sequence desc
