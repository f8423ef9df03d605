select sequence, trigger, is_touch, changed_fields
from {{ ref('events') }}
where is_touch <> (trigger in ('shipment_modified', 'fulfillment_modified') and len(changed_fields) = 0)
