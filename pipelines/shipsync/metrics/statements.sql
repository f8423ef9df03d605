-- name: as_of
select as_of from changes.as_of

-- name: metric
-- The parts in braces come from definitions.toml, never from whoever asks; what is asked for is bound.
with build as (
    select
        as_of.as_of,
        timezone(settings.zone, as_of.as_of) as as_of_local_at,
        as_of_local_at::date as today,
        settings.zone as account_zone,
        settings.cohort_age_days
    from changes.as_of
    cross join (
        select
            coalesce(max(json_extract_string(taken_in, '$.settings.timezone')), 'America/Los_Angeles') as zone,
            coalesce(max(json_extract_string(taken_in, '$.settings.cohort_age_days')::bigint), 14) as cohort_age_days
        from ledger.last_build
    ) as settings
),

timed as (
    select mart.*, {moment} as metric_local_at
    from {mart} as mart
    cross join build
),

dated as (
    select
        * exclude (metric_local_at),
        metric_local_at::date as metric_day,
        -- Weeks begin on Monday, as 5 January 1970 was one.
        date '1970-01-05' + (7 * ((metric_local_at::date - date '1970-01-05') // 7))::integer as metric_week,
        strftime(metric_local_at, '%Y-%m') as metric_month
    from timed
)

select
    {dimensions}
    {formula} as value,
    {n} as n,
    ({n}) / nullif({total}, 0)::double as coverage
from dated as mart
cross join build
where
    {conditions}
group by all
order by {order}
