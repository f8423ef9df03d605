-- Shipments by ShipStation's id or by the caller's, with their live labels and fulfillments. Those that
-- were created from here and not synced since are known too, as the outbox tells of them.
with

asked as (
    select unnest(from_json($references, '["VARCHAR"]')) as reference
),

synced as (
    select shipment_id, external_shipment_id, shipment_number, shipment_status
    from raw.shipments
    where _dlt_valid_to is null
),

created as (
    select
        coalesce(
            reading_after ->> '$.shipment_id', reading_after ->> '$.shipment.shipment_id'
        ) as shipment_id,
        row_key as external_shipment_id,
        request ->> '$.shipment_number' as shipment_number,
        'pending' as shipment_status
    from ledger.outbox_current
    where connection = $connection and kind = 'create_shipment' and state = 'applied'
),

shipments as (
    select * from synced
    union all by name
    select created.*
    from created
    anti join raw.shipments as known on created.shipment_id = known.shipment_id
    where created.shipment_id is not null
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
