-- Every current shipment of the orders that some shipments belong to, oldest first: one row per
-- shipment and order. An order is a number within a store.
with

wanted as (
    select unnest(from_json($shipment_ids, '["VARCHAR"]')) as shipment_id
),

found as (
    select
        shipments.shipment_id,
        shipments.store_id,
        shipments.shipment_number,
        shipments.external_order_id,
        shipments.external_shipment_id,
        shipments.shipment_status,
        shipments.created_at,
        shipments.ship_date,
        shipments.hold_until_date,
        shipments.observed_at
    from raw.shipments as shipments
    inner join wanted on shipments.shipment_id = wanted.shipment_id
    where shipments._dlt_valid_to is null
),

numbered as (
    select distinct store_id, shipment_number
    from found
    where shipment_number is not null
),

members as (
    select
        shipments.shipment_id,
        shipments.store_id,
        shipments.shipment_number,
        shipments.external_order_id,
        shipments.external_shipment_id,
        shipments.shipment_status,
        shipments.created_at,
        shipments.ship_date,
        shipments.hold_until_date,
        shipments.observed_at
    from raw.shipments as shipments
    inner join numbered on shipments.shipment_number = numbered.shipment_number
    where shipments._dlt_valid_to is null
        and shipments.store_id is not distinct from numbered.store_id

    union all

    select * from found
    where shipment_number is null
)

select
    shipment_id,
    store_id,
    coalesce(shipment_number, external_order_id, external_shipment_id, shipment_id) as order_id,
    shipment_status,
    created_at,
    ship_date,
    hold_until_date,
    observed_at as known_at
from members
order by created_at, shipment_id
