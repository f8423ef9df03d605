with events as (
    select
        parcels.order_key,
        parcels.order_id,
        parcels.shipment_id,
        events.*
    from {{ ref('tracking_events') }} as events
    inner join {{ ref('parcel_states') }} as parcels on events.parcel_id = parcels.parcel_id
),

{{ read_codes('events') }},

timeline as (
    select
        order_key,
        order_id,
        shipment_id,
        parcel_id,
        label_id,
        event_key,
        tracking_number,
        occurred_at,
        carrier_occurred_at,
        occurred_at_text,
        carrier_occurred_at_text,
        moment,
        state,
        is_known_code,
        description,
        city_locality,
        state_province,
        postal_code,
        country_code,
        company_name,
        signer,
        event_code,
        carrier_detail_code,
        status_code,
        status_description,
        carrier_status_code,
        carrier_status_description,
        status_detail_code,
        status_detail_description,
        proof_of_delivery_url,
        observed_at
    from placed
    -- Some carriers tell a scan again a minute later. A filter on order_key or parcel_id gets past this.
    qualify coalesce(
        moment - lag(moment) over (
            partition by order_key, parcel_id, event_code, status_detail_code, city_locality
            order by moment, event_key
        ) > interval 1 minute,
        true
    )
)

select * from timeline
