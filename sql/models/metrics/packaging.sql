with orders as (
    select shipment_id, min(order_key) as order_key, min(order_id) as order_id
    from {{ ref('parcel_states') }}
    group by shipment_id
),

parcels as (
    select
        orders.order_key,
        min(orders.order_id) as order_id,
        min(parcels.store_id) as store_id,
        count(distinct parcels.shipment_id) as shipments,
        count(*) as parcels,
        min(parcels.labelled_at) as first_labelled_at,
        max(parcels.labelled_at) as last_labelled_at
    from {{ ref('parcel_delivery') }} as parcels
    inner join orders on parcels.shipment_id = orders.shipment_id
    group by orders.order_key
),

boxes as (
    select
        orders.order_key,
        sum(costs.pounds)::decimal(18, 6) as pounds,
        sum(costs.dimensional_pounds)::decimal(18, 6) as dimensional_pounds,
        bool_or(costs.is_dimensional) as is_dimensional
    from {{ ref('shipping_cost') }} as costs
    inner join orders on costs.shipment_id = orders.shipment_id
    group by orders.order_key
),

units as (
    select orders.order_key, sum(items.quantity)::bigint as units
    from {{ ref('stg_shipment_items') }} as items
    inner join orders on items.shipment_id = orders.shipment_id
    where
        {{ is_goods('items') }}
        and items.shipment_id in (select shipment_id from {{ ref('parcel_delivery') }})
    group by orders.order_key
)

select
    parcels.order_key,
    parcels.order_id,
    parcels.store_id,
    parcels.shipments,
    parcels.parcels,
    units.units,
    units.units::double / parcels.parcels as units_per_parcel,
    boxes.pounds,
    boxes.dimensional_pounds,
    boxes.is_dimensional,
    parcels.first_labelled_at,
    parcels.last_labelled_at
from parcels
left join boxes on parcels.order_key = boxes.order_key
left join units on parcels.order_key = units.order_key
