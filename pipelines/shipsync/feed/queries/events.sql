-- Events in a stretch of the sequence, in order: one row per event. Bounds on both sides let DuckDB
-- skip the parts of the table that lie outside. Times come as microseconds, which are cheap to turn
-- into Python's; json() takes line feeds out of documents.
select
    sequence,
    event_id,
    trigger,
    entity_id,
    shipment_id,
    epoch_us(occurred_at) as occurred_at,
    epoch_us(detected_at) as detected_at,
    is_touch,
    changed_fields,
    json(before)::varchar as before,
    json(after)::varchar as after
from changes.events
where
    sequence > $after
    and sequence <= $up_to
    and ($triggers::varchar[] is null or list_contains($triggers::varchar[], trigger))
    and ($with_touches or not is_touch)
order by sequence
