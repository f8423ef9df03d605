-- The tables and views a person asks: one row per table.
with

relations as (
    select schema_name, table_name as name from duckdb_tables()
    union all
    select schema_name, view_name as name from duckdb_views() where not internal
)

select schema_name || '.' || name as name
from relations
where (schema_name = 'core' and not ends_with(name, '_history'))
    or (schema_name = 'changes' and name in (
        'events', 'new_shipments', 'shipments_modified', 'new_fulfillments', 'fulfillments_shipped'
    ))
    or (schema_name = 'ledger' and name in ('runs', 'stream_runs', 'outbox'))
order by list_position(['core', 'changes', 'ledger'], schema_name), name
