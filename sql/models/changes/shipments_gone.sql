with events as (
    select * from {{ ref('events') }}
    where trigger = 'shipment_gone'
),

departures as (
    select * from {{ ref('departures') }}
),

versions as (
    select * from {{ ref('stg_shipments') }}
    where not is_current
),

joined as (
    select
        events.*,
        departures.closed_because,
        departures.merged_into,
        versions.shipment_number,
        versions.external_shipment_id,
        versions.shipment_status,
        versions.store_id
    from events
    left join departures
        on events.entity_id = departures.shipment_id
        and events.detected_at = departures.found_at
    left join versions
        on departures.shipment_id = versions.shipment_id
        and departures.closed_at = versions.valid_to
)

select * from joined
