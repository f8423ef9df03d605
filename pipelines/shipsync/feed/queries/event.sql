-- One event by its number.
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
where sequence = $sequence
