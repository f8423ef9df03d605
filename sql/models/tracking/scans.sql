with events as (
    select * from {{ ref('tracking_events') }}
),

codes as (
    select * from {{ ref('tracking_codes') }}
),

states as (
    select * from {{ ref('tracking_states') }}
),

read_codes as (
    select
        events.*,
        coalesce(events.occurred_at, events.carrier_occurred_at at time zone 'UTC') as moment,
        events.status_detail_code is null or details.code is not null as is_known_code,
        case
            -- A known code that means nothing by itself is a note, whatever the two letters say.
            when details.code is not null and details.state is null then null
            else {{ meaning('events.status_code', 'details.state', 'carriers.state', 'letters.state') }}
        end as state
    from events
    left join codes as details on details.kind = 'detail' and events.status_detail_code = details.code
    left join codes as carriers on carriers.kind = 'carrier' and events.carrier_detail_code = carriers.code
    left join codes as letters on letters.kind = 'letters' and events.status_code = letters.code
),

-- Of two scans of one instant the one further on the way is the later.
placed as (
    select
        read_codes.*,
        epoch_us(read_codes.moment) * 16 + coalesce(states.progress, 0) as place
    from read_codes
    left join states on read_codes.state = states.state
)

select * from placed
