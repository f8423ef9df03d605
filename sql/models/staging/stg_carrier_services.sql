{#- Written by `make models` from the columns of carrier_services in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'carrier_services') }}
),

renamed as (
    select
        carrier_id,
        carrier_code,
        service_code,
        name,
        domestic as is_domestic,
        international as is_international,
        is_multi_package_supported,
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
