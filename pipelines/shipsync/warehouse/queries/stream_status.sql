with

counted as (
    select 'shipments' as stream, count(*) as rows, max(modified_at) as newest
    from raw.shipments where _dlt_valid_to is null
    union all
    select 'fulfillments', count(*), max(created_at)
    from raw.fulfillments where _dlt_valid_to is null
    union all
    select 'labels', count(*), max(created_at) from raw.labels where _dlt_valid_to is null
    union all
    select 'tracking', count(*), max(observed_at) from raw.tracking where _dlt_valid_to is null
    union all
    select 'inventory_levels', count(*), max(observed_at)
    from raw.inventory_levels where _dlt_valid_to is null
    union all
    select 'warehouses', count(*), max(created_at) from raw.warehouses where _dlt_valid_to is null
    union all
    select 'inventory_warehouses', count(*), max(updated_at)
    from raw.inventory_warehouses where _dlt_valid_to is null
    union all
    select 'inventory_locations', count(*), max(updated_at)
    from raw.inventory_locations where _dlt_valid_to is null
    union all
    select 'products', count(*), max(modify_date) from raw.products where _dlt_valid_to is null
    union all
    select 'carriers', count(*), max(observed_at) from raw.carriers where _dlt_valid_to is null
    union all
    select 'tags', count(*), max(observed_at) from raw.tags where _dlt_valid_to is null
),

run as (
    select
        stream,
        max(read_at) filter (where outcome in ('loaded', 'unchanged')) as read_up_to,
        max(finished_at) filter (where outcome in ('loaded', 'unchanged')) as last_good_run_at,
        sum(requests) as requests,
        arg_max(requests, finished_at) as requests_last_run,
        arg_max(outcome, finished_at) as last_outcome,
        arg_max_null(error, finished_at) as last_error,
        sum(calls_saved) as calls_saved,
        arg_max(calls_put_off, finished_at) as calls_put_off
    from ledger.stream_runs
    group by stream
)

select
    counted.stream,
    counted.rows,
    counted.newest,
    run.read_up_to,
    run.last_good_run_at,
    coalesce(run.requests, 0) as requests,
    coalesce(run.requests_last_run, 0) as requests_last_run,
    run.last_outcome,
    run.last_error,
    coalesce(run.calls_saved, 0) as calls_saved,
    coalesce(run.calls_put_off, 0) as calls_put_off
from counted
left join run on counted.stream = run.stream
