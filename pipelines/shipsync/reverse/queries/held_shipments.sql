-- Shipments by ShipStation's id or by the caller's, with their live labels and fulfillments. What was
-- done from here and not synced since is known too, as the outbox tells of it.
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

cancelled as (
    select distinct request ->> '$.shipment_id' as shipment_id
    from ledger.outbox_current
    where connection = $connection and kind = 'cancel_shipment' and state = 'applied'
),

voided as (
    select row_key as label_id
    from ledger.outbox_current
    where connection = $connection and kind = 'void_label' and state = 'applied'
),

known_shipments as (
    select * from synced
    union all by name
    select created.*
    from created
    anti join raw.shipments as known on created.shipment_id = known.shipment_id
    where created.shipment_id is not null
),

shipments as (
    select
        known_shipments.* replace (
            case when cancelled.shipment_id is null then shipment_status else 'cancelled' end as shipment_status
        )
    from known_shipments
    left join cancelled on known_shipments.shipment_id = cancelled.shipment_id
),

live_labels as (
    select
        shipment_id,
        list({'label_id': label_id, 'tracking_number': tracking_number} order by label_id) as labels
    from raw.labels
    where _dlt_valid_to is null and not coalesce(voided, false)
        and label_id not in (select label_id from voided)
    group by shipment_id
),

sent as (
    select
        request ->> '$.shipment_id' as shipment_id,
        request ->> '$.tracking_number' as tracking_number
    from ledger.outbox_current
    where connection = $connection and kind = 'create_fulfillment' and state = 'applied'
),

-- Void or not: once a sync has met it, what was synced is what counts.
met as (
    select distinct
        shipment_id,
        lower(regexp_replace(tracking_number, '\s', '', 'g')) as tracking_number
    from raw.fulfillments
),

fulfillments as (
    select shipment_id, tracking_number, fulfillment_id
    from raw.fulfillments
    where _dlt_valid_to is null and not coalesce(voided, false)
    union all by name
    select sent.*, null as fulfillment_id
    from sent
    anti join met
        on sent.shipment_id = met.shipment_id
        and lower(regexp_replace(sent.tracking_number, '\s', '', 'g')) = met.tracking_number
),

live_fulfillments as (
    select
        shipment_id,
        list(coalesce(tracking_number, '') order by fulfillment_id, tracking_number) as tracking_numbers
    from fulfillments
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
