-- Parcels that are not known to be finished, with what polling must know of each. A label is one parcel,
-- asked for by its id; each further box of it is another, asked for by its number.
-- What was never asked for and is older than $backlog_before takes calls only when some are left:
-- the newest $backlog of them are here.
with

labels as (
    select label_id, created_at, tracking_number, carrier_code
    from raw.labels
    where
        _dlt_valid_to is null
        and not coalesce(voided, false)
        and coalesce(trackable, true)
        and coalesce(status, 'completed') not in ('voided', 'error')
),

boxes as (
    select distinct
        labels.label_id || '/' || packages.tracking_number as parcel_id,
        labels.created_at,
        labels.carrier_code
    from raw.label_packages as packages
    inner join labels on packages.label_id = labels.label_id
    where packages.tracking_number <> labels.tracking_number and packages.tracking_number <> ''
),

parcels as (
    select label_id as parcel_id, created_at, carrier_code from labels
    union all
    select parcel_id, created_at, carrier_code from boxes
),

known as (
    select
        parcels.parcel_id,
        parcels.created_at,
        tracking.status_code,
        tracking.status_detail_code,
        tracking.carrier_detail_code,
        try_cast(left(tracking.estimated_delivery_date_text, 10) as date) as expected_on,
        polls.polled_at,
        polls.changed_at,
        parcels.carrier_code,
        polls.polled_at is null and parcels.created_at < $backlog_before as is_backlog
    from parcels
    left join ledger.tracking_polls as polls on parcels.parcel_id = polls.label_id
    left join raw.tracking as tracking
        on parcels.parcel_id = tracking.label_id and tracking._dlt_valid_to is null
    where
        -- of a parcel delivered in part the rest is still to come
        (coalesce(tracking.status_code, '') <> 'DE' or tracking.status_detail_code = 'DELIVERED_IN_PART')
        and coalesce(polls.changed_at >= $silent_before, true)
)

select * exclude (is_backlog)
from known
qualify not is_backlog or row_number() over (partition by is_backlog order by created_at desc, parcel_id) <= $backlog
