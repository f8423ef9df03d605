{#- Written by `make models` from the columns of shipment_items in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'shipment_items') }}
),

renamed as (
    select
        shipment_id,
        item_index,
        item_id,
        sku,
        name,
        quantity,
        unit_price,
        tax_amount,
        shipping_amount,
        product_id,
        bundle_sku,
        fullfilment_sku as fulfillment_sku,
        upc,
        asin,
        sales_order_id,
        sales_order_item_id,
        external_order_id,
        external_order_item_id,
        order_source_code,
        allocation_status,
        inventory_location,
        image_url,
        weight_value,
        weight_unit,
        options,
        _extra,
        content_hash,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
