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

-- name: last_build
select is_complete, taken_in, plan from ledger.last_build

-- name: begin_whole_build
update ledger.last_build set is_complete = false

-- name: forget_last_build
delete from ledger.last_build

-- name: record_build
insert into ledger.last_build (is_complete, recorded_at, taken_in, plan) values (true, $at, $taken_in, $plan)

-- name: columns_of_tables
select schema_name || '.' || table_name, column_name, data_type
from duckdb_columns()
where database_name = current_database() and not internal

-- name: digest_of_raw_columns
select sum(hash(table_name, column_name, data_type))
from duckdb_columns()
where database_name = current_database() and schema_name = 'raw' and not starts_with(table_name, '_dlt')

-- name: digest_of_versions
-- Rows that came, that went and that were closed each make another one.
select count(*), sum(hash(_dlt_load_id)), sum(hash(_dlt_valid_to)) from query_table($table)

-- name: digest_of_lines
select count(*), sum(hash(_dlt_load_id)) from query_table($table)

-- name: digest_of_rows
select count(*), sum(hash(every_row::varchar)) from query_table($table) as every_row

-- name: set_as_of
-- The instant that the models stand for, without building them.
update changes.as_of set as_of = $as_of, changes_since = $changes_since

-- name: limit_memory
-- DuckDB would take most of the machine; past this it spills to a folder beside the file.
set memory_limit = $limit

-- name: forget_insertion_order
-- Where order matters a model says so; keeping any other takes memory and time.
set preserve_insertion_order = false

-- name: described_columns
-- Every column that people may read, with its comment and that of its table or view; dlt's own left out.
select
    columns.schema_name,
    columns.table_name,
    coalesce(relations.comment, '') as about_table,
    relations.kind,
    columns.column_name,
    columns.data_type,
    coalesce(columns.comment, '') as about
from duckdb_columns() as columns
inner join (
    select schema_name, table_name, comment, 'table' as kind, database_name
    from duckdb_tables()
    union all
    select schema_name, view_name, comment, 'view', database_name
    from duckdb_views()
) as relations using (database_name, schema_name, table_name)
where
    columns.database_name = current_database()
    and not columns.internal
    and columns.table_name not like '\_dlt%' escape '\'
    and columns.schema_name <> 'raw_staging'
order by columns.schema_name, columns.table_name, columns.column_index;

-- name: release_restores
-- Writes go out again: somebody accounts for what was sent between the backup and its restore.
update ledger.restores set released_at = $released_at, because = $because where released_at is null
