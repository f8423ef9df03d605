-- The last thing that was learned of a write, past what was only planned of it or refused before it left:
-- whether an attempt of it may still turn out to have been carried out.
create or replace view ledger.outbox_current as
select
    connection,
    kind,
    row_key,
    max(sequence) as last_sequence,
    arg_max(state, sequence) as state,
    arg_max(source, sequence) as source,
    arg_max(attempt, sequence) as attempt,
    arg_max(plan_digest, sequence) as plan_digest,
    arg_max(subject, sequence) as subject,
    arg_max(places, sequence) as places,
    arg_max(request, sequence) as request,
    arg_max(reading_before, sequence) as reading_before,
    arg_max_null(reading_after, sequence) as reading_after,
    arg_max_null(http_status, sequence) as http_status,
    arg_max_null(request_id, sequence) as request_id,
    arg_max_null(reason, sequence) as reason,
    arg_max(recorded_at, sequence) filter (where state = 'planned') as planned_at,
    arg_max(recorded_at, sequence) filter (where state = 'sending') as sent_at,
    arg_max(recorded_at, sequence) filter (
        where state in ('applied', 'rejected', 'unknown')
    ) as settled_at,
    arg_max(state || ' by ' || source, sequence) filter (
        where not (state = 'planned' and source = 'plan') and not (state = 'rejected' and source = 'check')
    ) as last_word
from ledger.outbox
group by connection, kind, row_key;
