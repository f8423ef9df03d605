{#- ShipStation leaves a SKU with nothing on hand out of its list, so an absent level counts as 0. One that is
    listed without a whole number on hand is left out here: it is not known, and not 0. -#}
with targets as (
    select * from {{ ref('stock_targets') }}
),

levels as (
    select * from {{ ref('inventory_levels') }}
),

stream_runs as (
    select * from {{ source('ledger', 'stream_runs') }}
),

on_hand_by_place as (
    select
        sku,
        inventory_location_id,
        case when count(on_hand) = count(*) then sum(on_hand) end::bigint as on_hand,
        sum(allocated)::bigint as allocated
    from levels
    group by sku, inventory_location_id
),

last_observation as (
    select
        read_at as observed_at,
        round(epoch(now() - finished_at) / 60, 1) as observation_minutes
    from stream_runs
    where stream = 'inventory_levels' and outcome in ('loaded', 'unchanged')
    order by finished_at desc, run_id desc
    limit 1
),

compared as (
    select
        targets.sku,
        targets.inventory_location_id,
        targets.target as quantity,
        case when on_hand_by_place.sku is null then 0 else on_hand_by_place.on_hand end as on_hand,
        on_hand_by_place.allocated,
        targets.given_at,
        targets.source,
        last_observation.observed_at,
        last_observation.observation_minutes
    from targets
    cross join last_observation
    left join on_hand_by_place
        on targets.sku = on_hand_by_place.sku
        and targets.inventory_location_id = on_hand_by_place.inventory_location_id
),

due as (
    select
        sku,
        inventory_location_id,
        quantity,
        on_hand,
        allocated,
        quantity - on_hand as difference,
        given_at,
        source,
        observed_at,
        observation_minutes
    from compared
    where quantity <> on_hand
)

select * from due
