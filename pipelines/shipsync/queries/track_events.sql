-- What carriers reported of some labels, newest first: one row per event.
select
    label_id,
    occurred_at,
    carrier_occurred_at,
    description,
    city_locality,
    state_province,
    postal_code,
    carrier_status_description
from raw.tracking_events
where label_id in (select unnest($label_ids))
order by occurred_at desc nulls last, event_key
