-- name: numbered
select table_name
from information_schema.tables
where (table_schema, table_name) in (('ledger', 'outbox'), ('changes', 'events'))

-- name: last_outbox
select coalesce(max(sequence), 0) from ledger.outbox

-- name: last_events
select coalesce(max(sequence), 0) from changes.events

-- name: unsettle
-- Writes that were planned or on their way become unknown; that they were looked at leaves them to a person.
insert into ledger.outbox (
    recorded_at, connection, kind, row_key, state, source, attempt, plan_digest, reading_after, reason
)
select
    $now, connection, kind, row_key, 'unknown', 'check', attempt, plan_digest,
    coalesce(reading_after, reading_before, '{}'::json), $reason
from ledger.outbox_current
where state in ('planned', 'sending')

-- name: renew_identity
update ledger.identity set ledger_id = uuid()

-- name: record_restore
insert into ledger.restores (restored_at, taken_at) values ($restored_at, $taken_at)
