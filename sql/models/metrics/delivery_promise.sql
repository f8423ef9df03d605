with parcels as (
    select
        warehouse_id,
        service_code,
        left(ship_to_postal_code, 3) as zip3,
        delivered_at,
        {{ days_of(local_date('labelled_at'), local_date('delivered_at')) }} as calendar_days
    from {{ ref('parcel_delivery') }}
    where
        ship_to_country_code = 'US'
        and length(ship_to_postal_code) >= 5
        and {{ local_date('labelled_at') }} + {{ var('cohort_age_days') }} <= {{ account_today() }}
),

lanes as (
    select
        warehouse_id,
        service_code,
        zip3,
        count(*) as parcels,
        count(calendar_days) as n,
        quantile_cont(calendar_days, 0.5) as p50_days,
        quantile_cont(calendar_days, 0.85) as p85_days
    from parcels
    group by warehouse_id, service_code, zip3
),

told as (
    select
        *,
        n / parcels::double as coverage,
        n >= 10 as is_enough
    from lanes
)

select
    *,
    case when is_enough then {{ account_today() }} + ceil(p85_days)::integer end as promise_before_cutoff_date,
    case when is_enough then {{ account_today() }} + ceil(p85_days)::integer + 1 end as promise_after_cutoff_date
from told
