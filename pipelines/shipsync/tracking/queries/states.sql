-- What the carriers say of some parcels now: one row per parcel that they say anything of.
with

wanted as (
    select unnest(from_json($parcel_ids, '["VARCHAR"]')) as parcel_id
)

select
    tracking.label_id as parcel_id,
    tracking.tracking_number,
    tracking.tracking_url,
    tracking.carrier_code as carrier,
    tracking.status_code,
    tracking.status_detail_code,
    tracking.carrier_detail_code,
    tracking.status_description,
    tracking.carrier_status_description,
    tracking.ship_date,
    tracking.ship_date_text,
    tracking.estimated_delivery_date,
    tracking.estimated_delivery_date_text,
    tracking.actual_delivery_date,
    tracking.actual_delivery_date_text,
    tracking.exception_description,
    tracking.observed_at as known_at
from raw.tracking as tracking
inner join wanted on tracking.label_id = wanted.parcel_id
where tracking._dlt_valid_to is null
