{#- "Where is my order": how many parcels under way give their buyers a reason to ask. -#}
with under_way as (
    select
        counted.parcel_id,
        counted.carrier_code,
        coalesce(parts.is_late, false) as is_late,
        coalesce(counted.last_scan_at < {{ as_of() }} - interval 72 hours, false) as is_silent,
        counted.first_attempt_at is not null as is_attempt_failed,
        counted.label_id is not null
        and counted.first_scan_at is null
        and counted.labelled_at < {{ as_of() }} - interval 48 hours as is_never_scanned
    from {{ ref('parcel_delivery') }} as counted
    inner join {{ ref('order_parts') }} as parts on counted.parcel_id = parts.parcel_id
    where not parts.is_finished
),

counted as (
    select
        carrier_code,
        count(*) as n,
        count(*) filter (where is_late) as late,
        count(*) filter (where is_silent) as silent,
        count(*) filter (where is_attempt_failed) as attempt_failed,
        count(*) filter (where is_never_scanned) as never_scanned,
        count(*) filter (where is_late or is_silent or is_attempt_failed or is_never_scanned) as any_reason
    from under_way
    group by carrier_code
)

select
    *,
    100.0::double * any_reason / n as load_per_100
from counted
