-- The latest change events that match, oldest first: one row per event.
with

latest as (
    select *
    from changes.events
    where ($trigger is null or trigger = $trigger)
        and ($since is null or detected_at >= $since)
    order by sequence desc
    limit $limit
)

select
    sequence,
    trigger,
    entity_id,
    shipment_id,
    occurred_at,
    detected_at,
    is_touch,
    changed_fields,
    before,
    after,
    event_id
from latest
order by sequence
