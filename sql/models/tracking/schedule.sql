with schedule as (
    select
        schedule.label_id as parcel_id,
        split_part(schedule.label_id, '/', 1) as label_id,
        schedule.state,
        schedule.created_at,
        {{ days_between('schedule.created_at', 'schedule.planned_at') }} as age_days,
        {{ days_between('coalesce(schedule.heard_at, schedule.created_at)', 'schedule.planned_at') }} as silent_days,
        schedule.last_polled_at,
        schedule.next_poll_at,
        schedule.why,
        schedule.planned_at
    from {{ source('tracking_ledger', 'tracking_schedule') }} as schedule
)

select * from schedule
