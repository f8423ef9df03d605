{#- Written by `make models` from the columns of suppliers in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'suppliers') }}
),

renamed as (
    select
        supplier_id,
        supplier_name,
        supplier_email,
        address_line_1 as address_line1,
        address_line_2 as address_line2,
        city as city_locality,
        state as state_province,
        postal_code,
        country_code,
        contact_name,
        contact_phone,
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
