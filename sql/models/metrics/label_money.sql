with labels as (
    select *
    from {{ ref('stg_labels') }}
    where is_current and not coalesce(is_test_label, false)
),

scanned as (
    select label_id, min(first_scan_at) as first_scan_at, max(delivered_at) as delivered_at
    from {{ ref('parcel_delivery') }}
    where label_id is not null
    group by label_id
),

asked as (
    select distinct label_id from {{ ref('stg_tracking') }}
),

outbound as (
    select
        labels.label_id,
        labels.shipment_id,
        labels.carrier_code,
        labels.service_code,
        labels.tracking_number,
        labels.created_at,
        labels.shipment_cost_currency as currency,
        labels.shipment_cost as amount,
        {{ is_live_label('labels') }} as is_live,
        scanned.first_scan_at is not null or scanned.delivered_at is not null as is_moved,
        asked.label_id is not null as is_known,
        coalesce(labels.is_trackable, true) as is_trackable,
        coalesce(labels.is_voided, false) as is_voided,
        labels.voided_at,
        labels.refund_details
    from labels
    left join scanned on labels.label_id = scanned.label_id
    left join asked on labels.label_id = asked.label_id
    where not coalesce(labels.is_return_label, false)
),

-- The label that moved is the one that was used; of those that did not, the first.
ranked as (
    select
        *,
        count(*) filter (where is_live) over (partition by shipment_id) as live_labels,
        row_number() over (
            partition by shipment_id
            order by is_live desc, is_moved desc, created_at, label_id
        ) as place
    from outbound
),

judged as (
    select
        *,
        case
            when is_live and not is_moved and is_trackable and is_known
                and created_at < {{ as_of() }} - interval 24 hours * {{ var('claim_after_days') }} then 'never_scanned'
            when is_live and not is_moved and live_labels > 1 and place > 1 then 'second_label'
            when is_voided and json_extract_string(refund_details, '$.refund_status') is distinct from 'approved'
                then 'refund_not_confirmed'
        end as reason
    from ranked
)

select
    label_id,
    shipment_id,
    reason,
    carrier_code,
    service_code,
    tracking_number,
    created_at as labelled_at,
    voided_at,
    {{ days_of(local_date('created_at'), account_today()) }} as age_days,
    currency,
    amount
from judged
where reason is not null and amount > 0
