-- name: begin_run
insert into ledger.runs (run_id, command, started_at) values (?, ?, ?)

-- name: create_ledger
create schema if not exists ledger

-- name: create_migrations
create table if not exists ledger.migrations (name varchar primary key, applied_at timestamptz not null)

-- name: end_killed_runs
update ledger.runs set outcome = 'killed', error = $error where outcome is null

-- name: end_run
update ledger.runs set finished_at = ?, outcome = ?, requests = ?, error = ? where run_id = ?

-- name: list_migrations
select name from ledger.migrations

-- name: list_raw_tables
select table_name from information_schema.tables where table_schema = 'raw'

-- name: parsed_query
-- How DuckDB parses a query, as JSON; an error in it when it is no SELECT.
select json_serialize_sql($1)

-- name: record_migration
insert into ledger.migrations (name, applied_at) values (?, ?)

-- name: record_phase
insert or replace into ledger.run_phases (run_id, phase, started_at, seconds) values (?, ?, ?, ?)

-- name: has_quarantine
select 1 from information_schema.tables where table_schema = 'ledger' and table_name = 'quarantine'

-- name: waiting_in_quarantine
-- What was set aside and has not come right, newest first; of one stream, or of all where $stream is null.
select
    quarantine_id, stream, row_id, position, reason, body, first_seen_at, last_seen_at, times_seen,
    run_id, resolved_at, resolution
from ledger.quarantine
where ($stream is null or stream = $stream) and (resolved_at is null or $with_resolved)
order by last_seen_at desc, stream, quarantine_id

-- name: put_in_quarantine
insert into ledger.quarantine (
    quarantine_id, stream, row_id, position, reason, body, first_seen_at, last_seen_at, times_seen, run_id
)
values (
    $quarantine_id, $stream, $row_id, $position, $reason, $body, $seen_at, $seen_at, 1, $run_id
)
on conflict (quarantine_id) do update set
    position = excluded.position,
    reason = excluded.reason,
    body = excluded.body,
    last_seen_at = excluded.last_seen_at,
    -- met twice in one run it is still one sighting
    times_seen = quarantine.times_seen + (quarantine.run_id is distinct from excluded.run_id)::bigint,
    run_id = excluded.run_id,
    resolved_at = null,
    resolution = null

-- name: resolve_in_quarantine
update ledger.quarantine set resolved_at = $resolved_at, resolution = $resolution
where resolved_at is null and list_contains($quarantine_ids::varchar[], quarantine_id)

-- name: latest_validity
-- When the last version of a table with history began or ended.
select max(greatest(_dlt_valid_from, coalesce(_dlt_valid_to, _dlt_valid_from))) from query_table($table)
