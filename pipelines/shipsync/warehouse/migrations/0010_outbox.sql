-- Every write to the account, as a chain of events: planned, sending, then what became of it.
-- Rows are only ever added. An event is committed before the step it announces is taken
-- (`sending`) or right after the fact it states is known (everything else).
create sequence ledger.outbox_sequence;

create table ledger.outbox (
    sequence bigint primary key default nextval('ledger.outbox_sequence'),
    recorded_at timestamptz not null,
    connection varchar not null,
    kind varchar not null,
    row_key varchar not null,
    state varchar not null check (
        state in ('planned', 'sending', 'applied', 'rejected', 'unknown')
    ),
    -- who or what made this the state: the plan, our own check before sending, the API's answer,
    -- a reading of the account afterwards, or a person
    source varchar not null check (source in ('plan', 'check', 'answer', 'reading', 'person')),
    -- how often the request has gone out, this time included; 0 before the first
    attempt integer not null,
    plan_digest varchar not null,
    -- what the write is about and touches, and the request body; given with `planned`
    subject varchar,
    places varchar[],
    request json,
    -- what the account showed before the request left, and after its answer was lost
    reading_before json,
    reading_after json,
    http_status integer,
    request_id varchar,
    reason varchar
);

-- One row per write: its last state, and the last known value of everything else.
create view ledger.outbox_current as
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
    ) as settled_at
from ledger.outbox
group by connection, kind, row_key;
