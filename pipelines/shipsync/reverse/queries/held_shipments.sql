-- Shipments by ShipStation's id or by the caller's, with their live labels and fulfillments.
with

asked as (
    select unnest(from_json($references, '["VARCHAR"]')) as reference
),

shipments as (
    select shipment_id, external_shipment_id, shipment_number, shipment_status
    from raw.shipments
    where _dlt_valid_to is null
),

live_labels as (
    select
        shipment_id,
        list({'label_id': label_id, 'tracking_number': tracking_number} order by label_id) as labels
    from raw.labels
    where _dlt_valid_to is null and not coalesce(voided, false)
    group by shipment_id
),

live_fulfillments as (
    select
        shipment_id,
        list(coalesce(tracking_number, '') order by fulfillment_id) as tracking_numbers
    from raw.fulfillments
    where _dlt_valid_to is null and not coalesce(voided, false)
    group by shipment_id
)

select
    asked.reference,
    shipments.shipment_id,
    shipments.external_shipment_id,
    shipments.shipment_number,
    shipments.shipment_status,
    coalesce(live_labels.labels, []) as labels,
    coalesce(live_fulfillments.tracking_numbers, []) as tracking_numbers
from asked
inner join shipments
    on asked.reference = shipments.shipment_id or asked.reference = shipments.external_shipment_id
left join live_labels on shipments.shipment_id = live_labels.shipment_id
left join live_fulfillments on shipments.shipment_id = live_fulfillments.shipment_id
order by asked.reference, shipments.shipment_id
