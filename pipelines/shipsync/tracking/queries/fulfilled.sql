-- The fulfillments of some shipments, newest first: one row per fulfillment.
with

wanted as (
    select unnest(from_json($shipment_ids, '["VARCHAR"]')) as shipment_id
)

select
    fulfillments.shipment_id,
    fulfillments.fulfillment_id as parcel_id,
    fulfillments.tracking_number,
    fulfillments.fulfillment_carrier_friendly_name as carrier,
    fulfillments.ship_date,
    fulfillments.delivered_at as actual_delivery_date,
    coalesce(fulfillments.voided, false) as is_voided,
    fulfillments.created_at,
    fulfillments.observed_at as known_at
from raw.fulfillments as fulfillments
inner join wanted on fulfillments.shipment_id = wanted.shipment_id
where fulfillments._dlt_valid_to is null
order by fulfillments.created_at desc, fulfillments.fulfillment_id
