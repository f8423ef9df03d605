-- A few changes of each kind, those that touched nothing last: one row per event.
select
    trigger,
    entity_id,
    occurred_at,
    is_touch,
    changed_fields,
    before,
    after
from changes.events
qualify row_number() over (partition by trigger order by is_touch, sequence) <= $each
order by trigger, is_touch, sequence
