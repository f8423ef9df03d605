with said as (
    select * from {{ source('ledger', 'stock_targets') }}
),

locations as (
    select * from {{ ref('inventory_locations') }}
),

numbered as (
    select
        *,
        row_number() over (partition by sku, inventory_location_id order by sequence desc) as newness
    from said
),

last_said as (
    select
        numbered.sku,
        numbered.inventory_location_id,
        locations.name as location,
        numbered.target,
        numbered.recorded_at as given_at,
        numbered.source
    from numbered
    left join locations using (inventory_location_id)
    where numbered.newness = 1 and numbered.target is not null
)

select * from last_said
