{#- The day is that of created_at: the API gives no date of the order itself. -#}
with shipments as (
    select *, {{ local_date('created_at') }} as ordered_date
    from {{ ref('stg_shipments') }}
    where is_current and coalesce(shipment_status, '') <> 'cancelled' and not coalesce(is_return, false)
),

orders as (
    select shipment_id, min(order_key) as order_key
    from {{ ref('parcel_states') }}
    group by shipment_id
),

lines as (
    select
        shipments.ordered_date,
        shipments.store_id,
        orders.order_key,
        case when {{ is_goods('items') }} then items.sku end as sku,
        {{ is_goods('items') }} as is_goods,
        coalesce(shipments.amount_paid_currency, shipments.shipping_paid_currency) as currency,
        items.quantity,
        items.quantity * items.unit_price as amount
    from {{ ref('stg_shipment_items') }} as items
    inner join shipments on items.shipment_id = shipments.shipment_id
    left join orders on items.shipment_id = orders.shipment_id
)

select
    ordered_date,
    store_id,
    sku,
    currency,
    count(distinct order_key) as orders,
    coalesce(sum(quantity) filter (where is_goods), 0)::bigint as units,
    coalesce(sum(amount) filter (where is_goods), 0)::decimal(18, 4) as value,
    coalesce(-sum(amount) filter (where not is_goods and amount < 0), 0)::decimal(18, 4) as discounts
from lines
group by ordered_date, store_id, sku, currency
