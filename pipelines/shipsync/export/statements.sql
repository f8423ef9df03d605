-- name: copy_csv
copy (select * from query_table($name))
to $file
(format csv, header, use_tmp_file false)

-- name: copy_parquet
copy (select * from query_table($name))
to $file
-- A small group keeps the columns of wide rows within the memory the database may take.
(format parquet, compression zstd, row_group_size 16384, use_tmp_file false)

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
        and name in ('bounds', 'pending_changes', 'pending_versions', 'processed_loads')
    ) as is_bookkeeping
from relations
where schema_name <> 'raw_staging'
order by schema_name, name
