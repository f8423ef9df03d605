with days as (
    select {{ account_today() }} - unnest(range(0, 90))::integer as day
),

versions as (
    select
        sku,
        inventory_location_id,
        inventory_warehouse_id,
        on_hand,
        valid_from,
        coalesce(valid_to, {{ as_of() }}) as valid_to,
        content_hash,
        valid_to is null as is_open
    from {{ ref('stg_inventory_levels') }}
),

places as (
    select
        sku,
        inventory_location_id,
        max(inventory_warehouse_id) as inventory_warehouse_id,
        {{ local_date('min(valid_from)') }} as first_day
    from versions
    group by sku, inventory_location_id
),

place_days as (
    select
        places.*,
        days.day,
        {{ start_of_day('days.day') }} as starts_at,
        least({{ start_of_day('days.day + 1') }}, {{ as_of() }}) as ends_at
    from places
    inner join days on places.first_day <= days.day
),

-- What of each version falls into the day; between two versions there is none on the shelf, for the list leaves zero out.
parts as (
    select
        place_days.sku,
        place_days.inventory_location_id,
        place_days.day,
        place_days.starts_at,
        place_days.ends_at,
        versions.on_hand,
        epoch_us(least(versions.valid_to, place_days.ends_at))
        - epoch_us(greatest(versions.valid_from, place_days.starts_at)) as micros,
        versions.valid_to > place_days.ends_at
        or (versions.is_open and versions.valid_to = place_days.ends_at) as is_closing
    from place_days
    inner join versions
        on place_days.sku = versions.sku
        and place_days.inventory_location_id = versions.inventory_location_id
        -- What was read just now is what is there now; what begins at midnight is of the next day.
        and (
            versions.valid_from < place_days.ends_at
            or (versions.is_open and versions.valid_from = place_days.ends_at and place_days.ends_at = {{ as_of() }})
        )
        -- Of a day that has just begun nothing has passed, and what is there now is there.
        and (versions.is_open or versions.valid_to > place_days.starts_at)
),

folded as (
    select
        sku,
        inventory_location_id,
        day,
        sum(on_hand) filter (where is_closing)::bigint as closing,
        min(on_hand)::bigint as lowest_listed,
        -- Whole numbers, so that their sum does not depend on the order of rows.
        coalesce(sum(micros) filter (where on_hand > 0), 0) / 3.6e9 as hours_in_stock,
        sum(micros) / 3.6e9 as hours_listed
    from parts
    group by sku, inventory_location_id, day
),

measured as (
    select
        place_days.sku,
        place_days.inventory_location_id,
        place_days.inventory_warehouse_id,
        place_days.day,
        {{ hours_between('place_days.starts_at', 'place_days.ends_at') }} as hours,
        coalesce(folded.closing, 0) as closing,
        -- A second without a level is a second at zero.
        case
            when coalesce(folded.hours_listed, 0)
                < {{ hours_between('place_days.starts_at', 'place_days.ends_at') }} - 0.0003 then 0
            else coalesce(folded.lowest_listed, 0)
        end as lowest,
        coalesce(folded.hours_in_stock, 0) as hours_in_stock
    from place_days
    left join folded
        on place_days.sku = folded.sku
        and place_days.inventory_location_id = folded.inventory_location_id
        and place_days.day = folded.day
)

select
    sku,
    inventory_location_id,
    inventory_warehouse_id,
    day,
    closing,
    lowest,
    greatest(hours - hours_in_stock, 0) as hours_at_zero,
    case when hours > 0 then least(hours_in_stock / hours, 1) end as in_stock_share,
    closing - lag(closing) over (partition by sku, inventory_location_id order by day) as change
from measured
