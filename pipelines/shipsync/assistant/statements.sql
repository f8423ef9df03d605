-- name: shipments
-- What is stored of some shipments now, without the buyer's name and street: one row per shipment.
with

wanted as (
    select unnest($shipment_ids) as shipment_id
),

items as (
    select
        items.shipment_id,
        list(
            {'sku': items.sku, 'name': items.name, 'quantity': items.quantity}
            order by items.item_index
        ) as items
    from raw.shipment_items as items
    inner join wanted on items.shipment_id = wanted.shipment_id
    group by items.shipment_id
),

tags as (
    select tags.shipment_id, list(tags.name order by tags.tag_index) as tags
    from raw.shipment_tags as tags
    inner join wanted on tags.shipment_id = wanted.shipment_id
    group by tags.shipment_id
),

labels as (
    select
        labels.shipment_id,
        list(
            {
                'label_id': labels.label_id,
                'tracking_number': labels.tracking_number,
                'carrier_code': labels.carrier_code,
                'service_code': labels.service_code,
                'created_at': labels.created_at,
                'voided': coalesce(labels.voided, false)
            }
            order by labels.created_at, labels.label_id
        ) as labels
    from raw.labels as labels
    inner join wanted on labels.shipment_id = wanted.shipment_id
    where labels._dlt_valid_to is null
    group by labels.shipment_id
)

select
    shipments.shipment_id,
    shipments.shipment_number,
    shipments.external_shipment_id,
    shipments.external_order_id,
    shipments.store_id,
    shipments.shipment_status,
    shipments.created_at,
    shipments.modified_at,
    shipments.ship_date,
    shipments.hold_until_date,
    shipments.carrier_id,
    shipments.service_code,
    shipments.ship_to_city_locality,
    shipments.ship_to_state_province,
    shipments.ship_to_country_code,
    coalesce(items.items, []) as items,
    coalesce(tags.tags, []) as tags,
    coalesce(labels.labels, []) as labels,
    shipments.observed_at as known_at
from raw.shipments as shipments
inner join wanted on shipments.shipment_id = wanted.shipment_id
left join items on shipments.shipment_id = items.shipment_id
left join tags on shipments.shipment_id = tags.shipment_id
left join labels on shipments.shipment_id = labels.shipment_id
where shipments._dlt_valid_to is null
order by shipments.created_at, shipments.shipment_id

-- name: sku
-- Whether a SKU was ever heard of, how the account writes it, and when stock was read last: one row.
with

known as (
    select sku, name from raw.products where _dlt_valid_to is null
    union all
    select sku, null from raw.inventory_levels
    union all
    select sku, name from raw.shipment_items
)

select
    (select min(sku) from known where lower(sku) = lower($sku)) as sku,
    (select min(name) from known where lower(sku) = lower($sku)) as name,
    (
        select max(read_at) from ledger.stream_runs
        where stream = 'inventory_levels' and outcome in ('loaded', 'unchanged')
    ) as known_at

-- name: stock
-- What lies where of one SKU: one row per location that has any. The account lists no SKU at zero.
select
    levels.sku,
    levels.inventory_location_id,
    locations.name as location,
    warehouses.name as inventory_warehouse,
    levels.on_hand,
    levels.allocated,
    levels.available
from raw.inventory_levels as levels
left join raw.inventory_locations as locations
    on levels.inventory_location_id = locations.inventory_location_id
    and locations._dlt_valid_to is null
left join raw.inventory_warehouses as warehouses
    on levels.inventory_warehouse_id = warehouses.inventory_warehouse_id
    and warehouses._dlt_valid_to is null
where levels._dlt_valid_to is null and lower(levels.sku) = lower($sku)
order by levels.on_hand desc, locations.name, levels.inventory_location_id
