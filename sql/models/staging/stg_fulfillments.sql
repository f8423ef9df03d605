{#- Written by `make models` from the columns of fulfillments in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'fulfillments') }}
),

renamed as (
    select
        fulfillment_id,
        shipment_id,
        shipment_number,
        user_id,
        tracking_number,
        created_at,
        {{ written_date('ship_date') }} as ship_date,
        voided_at,
        delivered_at,
        fulfillment_carrier_friendly_name,
        fulfillment_provider_id,
        fulfillment_provider_friendly_name,
        fulfillment_provider_code,
        fulfillment_service_code,
        fulfillment_fee,
        fulfillment_fee_currency,
        void_requested as is_void_requested,
        voided as is_voided,
        order_source_notified as is_order_source_notified,
        notification_error_message,
        ship_to_name,
        ship_to_phone,
        ship_to_email,
        ship_to_company_name,
        ship_to_address_line1,
        ship_to_address_line2,
        ship_to_address_line3,
        ship_to_city_locality,
        ship_to_state_province,
        ship_to_postal_code,
        ship_to_country_code,
        ship_to_address_residential_indicator,
        ship_to_instructions,
        ship_to_geolocation,
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
