{#- Written by `make models` from the columns of purchase_order_items in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'purchase_order_items') }}
),

renamed as (
    select
        purchase_order_id,
        item_index,
        sku,
        supplier_sku,
        quantity,
        cost as unit_cost,
        received_quantity,
        rejected_quantity,
        _extra,
        content_hash,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
