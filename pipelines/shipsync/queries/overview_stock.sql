-- What waiting orders need against what is there: one row per SKU that is short. A SKU at zero is left
-- out of the levels, so that a missing one means none.
with

waiting as (
    select
        shipment_items.sku,
        sum(shipment_items.quantity)::bigint as needed,
        count(distinct shipment_items.shipment_id) as shipments,
        min(shipments.created_at) as oldest_order_at
    from core.shipment_items
    inner join core.shipments using (shipment_id)
    where shipments.shipment_status = 'pending' and shipment_items.sku is not null
    group by shipment_items.sku
),

stock as (
    select sku, sum(on_hand)::bigint as on_hand
    from core.inventory_levels
    group by sku
)

select
    waiting.sku,
    waiting.needed,
    coalesce(stock.on_hand, 0) as on_hand,
    waiting.needed - coalesce(stock.on_hand, 0) as short,
    waiting.shipments,
    waiting.oldest_order_at
from waiting
left join stock using (sku)
where waiting.needed > coalesce(stock.on_hand, 0)
order by short desc, sku
limit $limit
