with versions as (
    select * from {{ ref('stg_inventory_locations') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by inventory_location_id
            order by valid_from, load_id, content_hash
        ) as version_number
    from versions
)

select * from numbered
