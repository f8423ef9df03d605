with

asked as (
    select unnest(from_json($keys, '["VARCHAR"]')) as row_key
),

events as (
    select row_key, sequence, state, source
    from ledger.outbox
    where connection = $connection and kind = $kind
        and row_key in (select row_key from asked)
),

-- The last thing that was learned of a write, past what was only planned of it or refused before it left.
last_words as (
    select row_key, arg_max(state || ' by ' || source, sequence) as last_word
    from events
    where not (state = 'planned' and source = 'plan') and not (state = 'rejected' and source = 'check')
    group by row_key
)

select
    outbox_current.kind, outbox_current.row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason,
    planned_at, sent_at, settled_at, last_words.last_word
from ledger.outbox_current
left join last_words on outbox_current.row_key = last_words.row_key
where connection = $connection and kind = $kind
    and outbox_current.row_key in (select row_key from asked)
