select
    labels.label_id,
    labels.created_at,
    tracking.status_code,
    tracking.status_detail_code,
    polls.polled_at,
    polls.changed_at
from raw.labels as labels
left join ledger.tracking_polls as polls on labels.label_id = polls.label_id
left join raw.tracking as tracking
    on labels.label_id = tracking.label_id and tracking._dlt_valid_to is null
where
    labels._dlt_valid_to is null
    and not coalesce(labels.voided, false)
    and coalesce(labels.trackable, true)
    and coalesce(labels.status, 'completed') not in ('voided', 'error')
    and coalesce(tracking.status_code, '') <> 'DE'
