-- name: change_counts
-- How many changes of each kind are recorded: one row per trigger.
select trigger, count(*) as events, max(detected_at) as latest
from changes.events
group by trigger
order by trigger

-- name: change_examples
-- A few changes of each kind, those that touched nothing last: one row per event.
select
    trigger,
    entity_id,
    occurred_at,
    is_touch,
    changed_fields,
    before,
    after
from changes.events
qualify row_number() over (partition by trigger order by is_touch, sequence) <= $each
order by trigger, is_touch, sequence

-- name: changes_list
-- The latest change events that match, oldest first: one row per event.
with

latest as (
    select *
    from changes.events
    where ($trigger is null or trigger = $trigger)
        and ($since is null or detected_at >= $since)
    order by sequence desc
    limit $limit
)

select
    sequence,
    trigger,
    entity_id,
    shipment_id,
    occurred_at,
    detected_at,
    is_touch,
    changed_fields,
    before,
    after,
    event_id
from latest
order by sequence

-- name: demo_mark
-- What tells a file that the demo may overwrite from one that it must not touch.
create table main.demo_account as
select $seed::bigint as seed, $shipments::bigint as shipments, $made_at::timestamptz as made_at

-- name: demo_marked
-- Whether the demo made this file.
select count(*) from information_schema.tables
where table_schema = 'main' and table_name = 'demo_account'

-- name: demo_order
-- The order with the most to tell: the latest in trouble if there is one, else the latest under way.
with

latest_events as (
    select label_id, max(occurred_at) as latest_at
    from raw.tracking_events
    group by label_id
)

select shipments.shipment_number
from raw.tracking as tracking
inner join raw.labels as labels
    on labels.label_id = tracking.label_id and labels._dlt_valid_to is null and not labels.voided
inner join raw.shipments as shipments
    on shipments.shipment_id = labels.shipment_id and shipments._dlt_valid_to is null
inner join latest_events on latest_events.label_id = tracking.label_id
where tracking._dlt_valid_to is null
order by
    case tracking.status_code when 'EX' then 1 when 'IT' then 2 else 3 end,
    latest_events.latest_at desc,
    shipments.shipment_number
limit 1

-- name: demo_stock
-- Three levels of different SKUs, the fullest first.
select sku, inventory_location_id, on_hand
from raw.inventory_levels
where _dlt_valid_to is null
qualify row_number() over (
    partition by sku order by on_hand desc, inventory_location_id
) = 1
order by on_hand desc, sku
limit 3

-- name: last_read
-- When the account was read last, by its own clock.
select max(read_at) as read_at from ledger.stream_runs

-- name: locations
-- The places stock is counted in, as stored: one row per location.
with

stock as (
    select
        inventory_location_id,
        count(*) as skus,
        sum(on_hand)::bigint as on_hand
    from raw.inventory_levels
    where _dlt_valid_to is null
    group by inventory_location_id
)

select
    locations.inventory_location_id,
    locations.name,
    warehouses.name as inventory_warehouse,
    coalesce(stock.skus, 0) as skus,
    coalesce(stock.on_hand, 0) as on_hand
from raw.inventory_locations as locations
left join raw.inventory_warehouses as warehouses
    on warehouses.inventory_warehouse_id = locations.inventory_warehouse_id
    and warehouses._dlt_valid_to is null
left join stock on stock.inventory_location_id = locations.inventory_location_id
where locations._dlt_valid_to is null
order by inventory_warehouse, locations.name, locations.inventory_location_id

-- name: overview_days
-- Parcels sent a day: one row per day in UTC of the last weeks that any left, labels that were voided
-- left out.
select
    ship_date,
    count(*) as labels,
    count(distinct shipment_id) as shipments
from core.labels
where not is_voided and ship_date is not null
group by ship_date
order by ship_date desc
limit $days

-- name: overview_outbox
-- Writes to the account by kind and by what became of them.
select
    kind,
    state,
    count(*) as writes,
    min(planned_at) as oldest_planned_at,
    max(settled_at) as last_settled_at
from ledger.outbox_current
group by kind, state
order by kind, state

-- name: overview_stock
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
    where
        -- Whatever status is not known to be the end of an order waits for something.
        coalesce(shipments.shipment_status, '') not in ('label_purchased', 'cancelled')
        -- A discount is a line too, without a SKU or with a negative price.
        and shipment_items.sku <> ''
        and coalesce(shipment_items.unit_price, 0) >= 0
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

-- name: table_rows
-- How many rows a table or view holds.
select count(*) from query_table($name)

-- name: tables
-- The tables and views a person asks: one row per table.
with

relations as (
    select schema_name, table_name as name from duckdb_tables()
    union all
    select schema_name, view_name as name from duckdb_views() where not internal
)

select schema_name || '.' || name as name
from relations
where (schema_name = 'core' and not ends_with(name, '_history'))
    or (schema_name = 'changes' and name in (
        'events', 'new_shipments', 'shipments_modified', 'new_fulfillments', 'fulfillments_shipped'
    ))
    or (schema_name = 'ledger' and name in ('runs', 'stream_runs', 'outbox'))
order by list_position(['core', 'changes', 'ledger'], schema_name), name

-- name: warehouses
-- The warehouses parcels leave from, as stored: one row per warehouse.
select
    warehouse_id,
    name,
    is_default,
    origin_address ->> 'city_locality' as city,
    origin_address ->> 'country_code' as country,
    created_at
from raw.warehouses
where _dlt_valid_to is null
order by name, warehouse_id
