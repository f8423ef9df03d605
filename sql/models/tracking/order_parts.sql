with parcel_states as (
    select * from {{ ref('parcel_states') }}
),

states as (
    select * from {{ ref('tracking_states') }}
),

polls as (
    select * from {{ source('tracking_ledger', 'tracking_polls') }}
),

ended as (
    select
        parcel_states.*,
        states.attention,
        states.stuck_after_days,
        states.is_finished or parcel_states.is_back_with_sender as is_finished,
        coalesce(polls.polled_at, parcel_states.changed_at) as known_at,
        coalesce(parcel_states.last_event_at, parcel_states.created_at) as heard_at
    from parcel_states
    left join states on parcel_states.state = states.state
    left join polls on parcel_states.parcel_id = polls.label_id
),

judged as (
    select
        * exclude (number_key, changed_at, heard_at, stuck_after_days),
        {{ days_between('state_since', as_of()) }} as days_in_state,
        {{ days_between('heard_at', as_of()) }} as days_silent,
        case
            when state = 'delivered'
                then coalesce(delivered_local_at::date, {{ local_date('delivered_at') }}) > promised_date
            when not is_finished then {{ local_date(as_of()) }} > promised_date
            else false
        end as is_late,
        parcel_id is not null
        and not is_finished
        and heard_at < {{ as_of() }} - interval 24 hours * stuck_after_days::integer as is_stuck
    from ended
)

select * from judged
