{#- Written by `make models` from the columns of warehouses in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'warehouses') }}
),

renamed as (
    select
        warehouse_id,
        name,
        is_default,
        created_at,
        origin_address,
        return_address,
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
