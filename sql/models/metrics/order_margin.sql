with orders as (
    select
        shipment_id,
        min(order_key) as order_key,
        min(order_id) as order_id
    from {{ ref('parcel_states') }}
    group by shipment_id
),

shipments as (
    select
        orders.order_key,
        orders.order_id,
        shipments.*
    from {{ ref('stg_shipments') }} as shipments
    inner join orders on shipments.shipment_id = orders.shipment_id
    where shipments.is_current and coalesce(shipments.shipment_status, '') <> 'cancelled'
),

described as (
    select
        order_key,
        min(order_id) as order_id,
        min(store_id) as store_id,
        min(created_at) as ordered_at,
        min(ship_to_country_code) as ship_to_country_code,
        min(ship_to_state_province) as ship_to_state_province,
        count(*) as shipments,
        count(*) filter (where {{ is_open('shipment_status') }}) as open_shipments
    from shipments
    group by order_key
),

-- Only one shipment of a split order carries its money, the others 0; so it is summed, in each currency by itself.
paid as (
    select
        order_key,
        shipping_paid_currency as currency,
        sum(shipping_paid) as charged,
        sum(amount_paid) filter (where amount_paid_currency = shipping_paid_currency) as order_value
    from shipments
    where shipping_paid is not null
    group by order_key, shipping_paid_currency
),

spent as (
    select
        orders.order_key,
        costs.currency,
        count(*) as labels,
        sum(costs.boxes) as parcels,
        sum(costs.cost) as cost,
        sum(costs.pounds)::decimal(18, 6) as pounds
    from {{ ref('shipping_cost') }} as costs
    inner join orders on costs.shipment_id = orders.shipment_id
    where costs.cost is not null
    group by orders.order_key, costs.currency
),

-- The units of a shipment count once, however many labels it has.
shipped as (
    select orders.order_key, sum(items.quantity)::bigint as units
    from {{ ref('stg_shipment_items') }} as items
    inner join orders on items.shipment_id = orders.shipment_id
    where
        {{ is_goods('items') }}
        and items.shipment_id in (select shipment_id from {{ ref('shipping_cost') }})
    group by orders.order_key
),

margins as (
    select
        spent.order_key,
        spent.currency,
        spent.labels,
        spent.parcels::bigint as parcels,
        spent.pounds,
        shipped.units,
        paid.order_value,
        coalesce(paid.charged, 0)::decimal(18, 4) as charged,
        spent.cost::decimal(18, 4) as cost
    from spent
    left join paid on spent.order_key = paid.order_key and spent.currency = paid.currency
    left join shipped on spent.order_key = shipped.order_key
)

select
    margins.order_key,
    described.order_id,
    described.store_id,
    described.ordered_at,
    described.ship_to_country_code,
    described.ship_to_state_province,
    described.shipments,
    described.open_shipments = 0 as is_complete,
    margins.currency,
    margins.labels,
    margins.parcels,
    margins.units,
    margins.pounds,
    margins.order_value::decimal(18, 4) as order_value,
    margins.charged,
    margins.cost,
    (margins.charged - margins.cost)::decimal(18, 4) as net,
    margins.charged::double / nullif(margins.cost, 0)::double as recovery,
    margins.cost::double / nullif(margins.parcels, 0) as cost_per_parcel,
    margins.cost::double / nullif(margins.pounds, 0)::double as cost_per_pound,
    margins.cost::double / nullif(margins.units, 0) as cost_per_unit
from margins
inner join described on margins.order_key = described.order_key
