-- What carriers reported of some parcels, repeats and all, in no order: one row per event.
with

wanted as (
    select unnest(from_json($parcel_ids, '["VARCHAR"]')) as parcel_id
)

select
    events.label_id as parcel_id,
    coalesce(events.event_code, events.carrier_detail_code, events.description) as code,
    events.event_key,
    events.observed_at,
    events.occurred_at,
    events.carrier_occurred_at,
    events.description,
    events.city_locality,
    events.state_province,
    nullif(events.postal_code, '') as postal_code,
    events.carrier_status_description,
    events.country_code,
    events.status_code,
    events.status_detail_code,
    events.signer,
    events.proof_of_delivery_url
from raw.tracking_events as events
inner join wanted on events.label_id = wanted.parcel_id
