-- name: copy_csv
copy (select * from query_table($name))
to $file
(format csv, header, use_tmp_file false)

-- name: parquet_rows
-- The rows of a Parquet file, by its foot: one row.
select num_rows from parquet_file_metadata($file)

-- name: postgres_count
-- How many rows a table of Postgres has, counted up to a number.
select count(*) from (select from {table} limit %(at_most)s) as counted

-- name: postgres_drop_schema
drop schema if exists {schema} cascade

-- name: postgres_make_schema
create schema if not exists {schema}

-- name: postgres_move
alter table {table} set schema {schema}

-- name: postgres_tables
-- The tables and views of a Postgres database: one row each.
select schemaname, tablename from pg_catalog.pg_tables
union all
select schemaname, viewname from pg_catalog.pg_views

-- name: relations
-- The tables and views that can be exported: one row each. Those that only the build itself reads are
-- marked, and so are dlt's.
with

relations as (
    select schema_name, table_name as name from duckdb_tables() where not internal
    union all
    select schema_name, view_name as name from duckdb_views() where not internal
)

select
    schema_name,
    name,
    starts_with(name, '_dlt_')
    or (
        schema_name = 'changes'
        and name in ('as_of', 'bounds', 'departures', 'pending_changes', 'pending_versions', 'processed_loads')
    ) as is_bookkeeping
from relations
where schema_name <> 'raw_staging'
order by schema_name, name

-- name: streams_read
-- The streams that were read to their end at least once: one row each; none where there is no ledger yet.
select distinct stream
from query_table($stream_runs)
where outcome in ('loaded', 'unchanged')

-- name: stream_runs_tables
-- How many tables there are in which runs note what they read: one row.
select count(*) from duckdb_tables() where schema_name = 'ledger' and table_name = 'stream_runs'
