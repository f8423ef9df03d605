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
