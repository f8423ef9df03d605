-- Whether a SKU was ever heard of, how the account writes it, and when stock was read last: one row.
with

known as (
    select sku, name from raw.products where _dlt_valid_to is null
    union all
    select sku, null from raw.inventory_levels
    union all
    select sku, name from raw.shipment_items
)

select
    (select any_value(sku) from known where lower(sku) = lower($sku)) as sku,
    (select any_value(name) from known where lower(sku) = lower($sku)) as name,
    (
        select max(read_at) from ledger.stream_runs
        where stream = 'inventory_levels' and outcome in ('loaded', 'unchanged')
    ) as known_at
