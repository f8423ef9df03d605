-- The shipments whose items name a sales order: one row per reference and shipment. These ids are random,
-- so that every one is read; asked only for what nothing else has found.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($written, '["VARCHAR"]')) as written
)

select distinct wanted.asked, items.shipment_id, null as named
from raw.shipment_items as items
inner join wanted on items.sales_order_id = wanted.written
