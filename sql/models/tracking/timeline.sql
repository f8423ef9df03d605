with scans as (
    select * from {{ ref('scans') }}
),

parcels as (
    select * from {{ ref('parcel_states') }}
    where label_id is not null
),

timeline as (
    select
        parcels.order_key,
        parcels.order_id,
        parcels.shipment_id,
        scans.parcel_id,
        scans.label_id,
        scans.event_key,
        scans.tracking_number,
        scans.occurred_at,
        scans.carrier_occurred_at,
        scans.occurred_at_text,
        scans.carrier_occurred_at_text,
        scans.moment,
        scans.state,
        scans.is_known_code,
        scans.description,
        scans.city_locality,
        scans.state_province,
        scans.postal_code,
        scans.country_code,
        scans.company_name,
        scans.signer,
        scans.event_code,
        scans.carrier_detail_code,
        scans.status_code,
        scans.status_description,
        scans.carrier_status_code,
        scans.carrier_status_description,
        scans.status_detail_code,
        scans.status_detail_description,
        scans.proof_of_delivery_url,
        scans.observed_at
    from scans
    inner join parcels on scans.parcel_id = parcels.parcel_id
)

select * from timeline
