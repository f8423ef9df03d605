{#- Written by `make models` from the columns of tracking_events in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'tracking_events') }}
),

renamed as (
    select
        label_id as parcel_id,
        {{ label_of_parcel('label_id') }} as label_id,
        event_key,
        tracking_number,
        occurred_at,
        carrier_occurred_at,
        occurred_at_text,
        carrier_occurred_at_text,
        description,
        city_locality,
        state_province,
        postal_code,
        country_code,
        company_name,
        signer,
        event_code,
        carrier_detail_code,
        status_code,
        status_description,
        carrier_status_code,
        carrier_status_description,
        status_detail_code,
        status_detail_description,
        proof_of_delivery_url,
        latitude,
        longitude,
        _extra,
        content_hash,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
