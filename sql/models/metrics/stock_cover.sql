{#- All of it by SKU: nothing in the API says which inventory warehouse an order is served from. -#}
with days as (
    select {{ account_today() }} - unnest(range(1, 29))::integer as day
),

observations as (
    select {{ local_date('min(observed_at)') }} as first_day from {{ ref('stg_inventory_levels') }}
),

levels as (
    select
        sku,
        case when count(on_hand) = count(*) then sum(on_hand)::bigint end as on_hand,
        sum(available)::bigint as available
    from {{ ref('stg_inventory_levels') }}
    where is_current
    group by sku
),

-- A day without anything on any shelf of the SKU is no day to sell it on; days before the first reading count as full.
stocked as (
    select versions.sku, count(distinct days.day) as stocked_days
    from {{ ref('stg_inventory_levels') }} as versions
    inner join days
        on {{ local_date('versions.valid_from') }} <= days.day
        and (versions.valid_to is null or {{ local_date('versions.valid_to') }} >= days.day)
    where versions.on_hand > 0
    group by versions.sku
),

watched as (
    select count(*) filter (where days.day >= observations.first_day) as watched_days
    from days
    cross join observations
),

first_sent as (
    select labels.shipment_id, min(labels.created_at) as sent_at
    from {{ ref('stg_labels') }} as labels
    where labels.is_current and {{ is_live_label('labels') }}
    group by labels.shipment_id
    union all
    select shipment_id, min(created_at) as sent_at
    from {{ ref('stg_fulfillments') }}
    where is_current and not coalesce(is_voided, false) and voided_at is null
    group by shipment_id
),

sent as (
    select shipment_id, {{ local_date('min(sent_at)') }} as sent_date
    from first_sent
    group by shipment_id
),

sold_by_day as (
    select items.sku, sent.sent_date, sum(items.quantity) as units
    from {{ ref('stg_shipment_items') }} as items
    inner join sent on items.shipment_id = sent.shipment_id
    where {{ is_goods('items') }}
    group by items.sku, sent.sent_date
),

sold as (
    select
        sku,
        max(sent_date) as last_sold_date,
        coalesce(sum(units) filter (where sent_date in (select day from days)), 0) as units,
        coalesce(sum(units * units) filter (where sent_date in (select day from days)), 0) as square_units
    from sold_by_day
    group by sku
),

waiting as (
    select items.sku, sum(items.quantity)::bigint as waiting
    from {{ ref('stg_shipment_items') }} as items
    inner join {{ ref('open_orders') }} as orders on items.shipment_id = orders.shipment_id
    where {{ is_goods('items') }}
    group by items.sku
),

incoming as (
    select lines.sku, sum(greatest(lines.quantity - coalesce(lines.received_quantity, 0), 0))::bigint as incoming
    from {{ ref('stg_purchase_order_items') }} as lines
    inner join {{ ref('stg_purchase_orders') }} as orders on lines.purchase_order_id = orders.purchase_order_id
    where orders.is_current and orders.purchase_order_status in ('open', 'receiving')
    group by lines.sku
),

skus as (
    select sku from levels
    union
    select sku from sold
    union
    select sku from waiting
)

select * from {{ judged_stock() }}
