{#- Written by `make models` from the columns of tracking in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'tracking') }}
),

renamed as (
    select
        label_id as parcel_id,
        {{ label_of_parcel('label_id') }} as label_id,
        tracking_number,
        tracking_url,
        status_code,
        status_detail_code,
        status_description,
        status_detail_description,
        carrier_code,
        carrier_id as tracking_carrier_id,
        carrier_detail_code,
        carrier_status_code,
        carrier_status_description,
        ship_date as shipped_at,
        estimated_delivery_date as estimated_delivery_at,
        actual_delivery_date as delivered_at,
        ship_date_text as shipped_at_text,
        estimated_delivery_date_text as estimated_delivery_at_text,
        actual_delivery_date_text as delivered_at_text,
        exception_description,
        event_count,
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
