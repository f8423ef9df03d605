{#- Written by `make models` from the columns of inventory_levels in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'inventory_levels') }}
),

renamed as (
    select
        sku,
        inventory_location_id,
        inventory_warehouse_id,
        on_hand,
        allocated,
        available,
        average_cost,
        average_cost_currency,
        _extra,
        content_hash,
        _dlt_valid_from as valid_from,
        _dlt_valid_to as valid_to,
        _dlt_valid_to is null as is_current,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
