{#- A location is given by its id or by its name; a name that two locations share stays unresolved. -#}
with said as (
    select * from {{ source('ledger', 'stock_targets') }}
),

locations as (
    select * from {{ ref('inventory_locations') }}
),

named_once as (
    select
        lower(trim(name)) as folded_name,
        any_value(inventory_location_id) as inventory_location_id
    from locations
    where name is not null
    group by lower(trim(name))
    having count(*) = 1
),

resolved as (
    select
        said.sku,
        coalesce(
            locations.inventory_location_id, named_once.inventory_location_id
        ) as inventory_location_id,
        said.location,
        said.target,
        said.recorded_at as given_at,
        said.source,
        said.sequence
    from said
    left join locations on said.location = locations.inventory_location_id
    left join named_once on lower(trim(said.location)) = named_once.folded_name
),

numbered as (
    select
        *,
        row_number() over (
            partition by sku, coalesce(inventory_location_id, lower(trim(location)))
            order by sequence desc
        ) as newness
    from resolved
),

last_said as (
    select * exclude (sequence, newness)
    from numbered
    where newness = 1 and target is not null
)

select * from last_said
