with sent as (
    select labels.shipment_id
    from {{ ref('stg_labels') }} as labels
    where labels.is_current and {{ is_live_label('labels') }}
    union
    select shipment_id
    from {{ ref('stg_fulfillments') }}
    where is_current and not coalesce(is_voided, false) and voided_at is null
),

waiting as (
    select shipments.*
    from {{ ref('stg_shipments') }} as shipments
    anti join sent on shipments.shipment_id = sent.shipment_id
    where
        shipments.is_current
        and {{ is_open('shipments.shipment_status') }}
        and not coalesce(shipments.is_return, false)
),

stock as (
    select sku, case when count(on_hand) = count(*) then sum(on_hand) end as on_hand
    from {{ ref('stg_inventory_levels') }}
    where is_current
    group by sku
),

-- Whether stock was ever read: an account without the add-on has none, and nothing is blocked by that.
stock_reading as (
    select count(*) > 0 as is_read from {{ ref('stg_inventory_levels') }}
),

needs as (
    select waiting.shipment_id, waiting.created_at, items.sku, sum(items.quantity) as quantity
    from waiting
    inner join {{ ref('stg_shipment_items') }} as items on waiting.shipment_id = items.shipment_id
    where {{ is_goods('items') }}
    group by waiting.shipment_id, waiting.created_at, items.sku
),

-- Oldest first: what is on the shelf goes to those who came first.
served as (
    select
        needs.shipment_id,
        needs.sku,
        needs.quantity,
        sum(needs.quantity) over (
            partition by needs.sku
            order by needs.created_at, needs.shipment_id
            rows between unbounded preceding and current row
        ) as needed_so_far
    from needs
),

lines as (
    select
        served.shipment_id,
        sum(served.quantity)::bigint as units,
        count(*) filter (where served.needed_so_far > coalesce(stock.on_hand, 0)) as short_skus
    from served
    left join stock on served.sku = stock.sku
    group by served.shipment_id
),

due as (
    select
        waiting.*,
        case
            when ship_by_date is not null then {{ start_of_day('ship_by_date + 1') }}
            else created_at + interval 1 hour * {{ var('sla_hours') }}
        end as due_at
    from waiting
)

select
    due.shipment_id,
    due.shipment_number,
    due.store_id,
    due.warehouse_id,
    due.shipment_status,
    {{ is_known_status('due.shipment_status') }} as is_known_status,
    due.created_at as ordered_at,
    {{ hours_between('due.created_at', as_of()) }} as age_hours,
    due.ship_by_date,
    due.due_at,
    {{ hours_between(as_of(), 'due.due_at') }} as hours_left,
    due.hold_until_date as held_until,
    coalesce(due.hold_until_date > {{ account_today() }}, due.shipment_status = 'on_hold', false) as is_held,
    due.due_at < {{ as_of() }} as is_breached,
    due.due_at >= {{ as_of() }} and due.due_at < {{ as_of() }} + interval 24 hours as is_at_risk,
    coalesce(lines.units, 0) as units,
    case when stock_reading.is_read then coalesce(lines.short_skus, 0) end as short_skus,
    case when stock_reading.is_read then coalesce(lines.short_skus, 0) > 0 end as is_blocked_by_stock,
    due.amount_paid as order_value,
    due.amount_paid_currency as currency
from due
cross join stock_reading
left join lines on due.shipment_id = lines.shipment_id
