{#- Written by `make models` from the columns of shipment_packages in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'shipment_packages') }}
),

renamed as (
    select
        shipment_id,
        package_index,
        shipment_package_id,
        package_id,
        package_code,
        package_name,
        weight_value,
        weight_unit,
        dimensions_length,
        dimensions_width,
        dimensions_height,
        dimensions_unit,
        insured_value,
        insured_value_currency,
        tracking_number,
        external_package_id,
        content_description,
        label_messages,
        products,
        dangerous_goods_package_info,
        _extra,
        content_hash,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
