with events as (
    select * from {{ ref('events') }}
    where trigger = 'new_fulfillment'
),

fulfillments as (
    select * from {{ ref('fulfillments') }}
),

joined as (
    select
        events.*,
        fulfillments.shipment_number,
        fulfillments.tracking_number,
        fulfillments.ship_date,
        fulfillments.is_voided
    from events
    left join fulfillments
        on events.entity_id = fulfillments.fulfillment_id
)

select * from joined
