-- name: begin_run
insert into ledger.runs (run_id, command, started_at) values (?, ?, ?)

-- name: create_ledger
create schema if not exists ledger

-- name: create_migrations
create table if not exists ledger.migrations (name varchar primary key, applied_at timestamptz not null)

-- name: end_run
update ledger.runs set finished_at = ?, outcome = ?, requests = ?, error = ? where run_id = ?

-- name: list_migrations
select name from ledger.migrations

-- name: list_raw_tables
select table_name from information_schema.tables where table_schema = 'raw'

-- name: record_migration
insert into ledger.migrations (name, applied_at) values (?, ?)

-- name: record_stream_run
insert or replace into ledger.stream_runs (
    run_id, stream, outcome, read_at, finished_at, rows, unchanged, stale, caught_late, pages, requests,
    packages, extras, error, calls_saved, calls_put_off
) values (
    $run_id, $stream, $outcome, $read_at, $finished_at, $rows, $unchanged, $stale, $caught_late, $pages,
    $requests, $packages, $extras, $error, $calls_saved, $calls_put_off
)
