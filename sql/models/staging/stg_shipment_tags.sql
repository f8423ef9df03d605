{#- Written by `make models` from the columns of shipment_tags in sources/tables. -#}
with source as (
    select * from {{ source('raw', 'shipment_tags') }}
),

renamed as (
    select
        shipment_id,
        tag_index,
        name,
        tag_id,
        color,
        _extra,
        content_hash,
        observed_at,
        _dlt_load_id as load_id
    from source
)

select * from renamed
