with events as (
    select * from {{ ref('events') }}
    where trigger = 'new_shipment'
),

shipments as (
    select * from {{ ref('shipments') }}
),

joined as (
    select
        events.*,
        shipments.shipment_number,
        shipments.external_shipment_id,
        shipments.shipment_status,
        shipments.store_id
    from events
    left join shipments
        on events.entity_id = shipments.shipment_id
)

select * from joined
