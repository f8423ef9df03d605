-- When some parcels were asked for last: one row per parcel that was.
with

wanted as (
    select unnest(from_json($parcel_ids, '["VARCHAR"]')) as parcel_id
)

select polls.label_id as parcel_id, polls.polled_at
from ledger.tracking_polls as polls
inner join wanted on polls.label_id = wanted.parcel_id
