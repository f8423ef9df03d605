with parcels as (
    select
        parcels.*,
        {{ week_of(local_date('parcels.labelled_at')) }} as week_start
    from {{ ref('parcel_delivery') }} as parcels
),

-- Only weeks whose youngest parcel has had its time: a young parcel is not late, it is young.
grown as (
    select parcels.*
    from parcels
    where parcels.week_start + 6 + {{ var('cohort_age_days') }} <= {{ account_today() }}
),

priced as (
    select
        grown.*,
        costs.currency,
        case when grown.box_number = 1 then costs.cost end as cost,
        costs.cost is not null as has_cost,
        grown.state = 'return_to_sender' as is_returned,
        grown.label_id is not null
        and grown.first_scan_at is null
        and grown.delivered_at is null as is_never_scanned,
        grown.state not in ('delivered', 'return_to_sender')
        and coalesce(grown.last_scan_at < {{ as_of() }} - interval 120 hours, false) as is_silent
    from grown
    left join {{ ref('shipping_cost') }} as costs on grown.label_id = costs.label_id
),

counted as (
    select
        week_start,
        carrier_code,
        service_code,
        zone,
        warehouse_id,
        currency,
        count(*) as n,
        count(label_id) as n_scannable,
        count(delivered_at) as n_delivered,
        count(transit_hours) as n_transit,
        quantile_cont(transit_hours, 0.5) as transit_p50_hours,
        quantile_cont(transit_hours, 0.85) as transit_p85_hours,
        quantile_cont(transit_hours, 0.95) as transit_p95_hours,
        count(*) filter (where delivery_punctuality <> 'unknown') as n_punctuality,
        count(*) filter (where delivery_punctuality in ('early', 'on_time')) as n_on_time,
        count(is_first_attempt_success) as n_attempted,
        count(*) filter (where is_first_attempt_success) as n_first_attempt,
        count(*) filter (where had_exception) as n_exception,
        count(*) filter (where is_returned) as n_returned,
        count(*) filter (where is_never_scanned) as n_never_scanned,
        count(*) filter (where is_silent) as n_silent,
        sum(cost) as cost,
        count(*) filter (where has_cost) as n_cost
    from priced
    group by week_start, carrier_code, service_code, zone, warehouse_id, currency
),

rated as (
    select
        *,
        n_transit / n::double as transit_coverage,
        n_on_time / nullif(n_punctuality, 0)::double as on_time_rate,
        n_punctuality / n::double as on_time_coverage,
        n_first_attempt / nullif(n_attempted, 0)::double as first_attempt_rate,
        n_attempted / n::double as first_attempt_coverage,
        n_exception / nullif(n_scannable, 0)::double as exception_rate,
        n_returned / nullif(n_scannable, 0)::double as return_to_sender_rate,
        n_never_scanned / nullif(n_scannable, 0)::double as never_scanned_rate,
        n_silent / nullif(n_scannable, 0)::double as silent_rate,
        n_scannable / n::double as scan_coverage,
        cost / nullif(n_cost, 0)::double as cost_per_parcel,
        n_cost / n::double as cost_coverage
    from counted
),

followed as (
    select
        *,
        lag(week_start) over groups_of_weeks as earlier_week,
        lag(on_time_rate) over groups_of_weeks as earlier_rate,
        lag(n_punctuality) over groups_of_weeks as earlier_n
    from rated
    window groups_of_weeks as (
        partition by carrier_code, service_code, zone, warehouse_id, currency
        order by week_start
    )
)

select
    * exclude (earlier_week, earlier_rate, earlier_n, n_on_time, n_first_attempt),
    case when {{ days_of('earlier_week', 'week_start') }} = 7 then on_time_rate - earlier_rate end as on_time_change,
    case
        when {{ days_of('earlier_week', 'week_start') }} = 7
            then 1.96 * sqrt(
                on_time_rate * (1 - on_time_rate) / nullif(n_punctuality, 0)
                + earlier_rate * (1 - earlier_rate) / nullif(earlier_n, 0)
            )
    end as on_time_change_margin
from followed
