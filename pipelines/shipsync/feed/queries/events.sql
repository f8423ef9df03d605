-- Events in a stretch of the sequence, in order: one row per event. Bounds on both sides let DuckDB
-- skip the parts of the table that lie outside.
select
    sequence,
    event_id,
    trigger,
    entity_id,
    shipment_id,
    occurred_at,
    detected_at,
    is_touch,
    changed_fields,
    before,
    after
from changes.events
where
    sequence > $after
    and sequence <= $up_to
    and ($triggers::varchar[] is null or list_contains($triggers::varchar[], trigger))
    and ($with_touches or not is_touch)
order by sequence
