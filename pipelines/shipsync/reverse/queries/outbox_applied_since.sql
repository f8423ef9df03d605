select
    kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason,
    planned_at, sent_at, settled_at
from ledger.outbox_current
where connection = $connection and kind = $kind
    -- A person says so later than it was; an answer and a reading say so at once.
    and state = 'applied' and case when source = 'person' then sent_at else settled_at end > $since
order by settled_at, last_sequence
