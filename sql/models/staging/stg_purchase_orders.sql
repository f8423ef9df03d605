{#- Written by `make models` from the columns of purchase_orders in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'purchase_orders') }}
),

renamed as (
    select
        purchase_order_id,
        order_number as purchase_order_number,
        supplier_id,
        supplier_name,
        status as purchase_order_status,
        {{ written_date('order_date') }} as order_date,
        {{ written_date('expected_delivery_date') }} as expected_delivery_date,
        create_date as created_at,
        modify_date as modified_at,
        reference_number,
        warehouse_id,
        payment_terms,
        payment_status,
        currency_code,
        shipping_carrier,
        tracking_number,
        note_to_supplier,
        products,
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
