with versions as (
    select * from {{ ref('stg_inventory_levels') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by sku, inventory_location_id, inventory_warehouse_id
            order by valid_from, load_id, content_hash
        ) as version_number
    from versions
)

select * from numbered
