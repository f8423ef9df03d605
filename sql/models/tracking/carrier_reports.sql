{#- The pre-hook opens the transaction, so that the loads are noted in the one that takes them in. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='parcel_id',
    on_schema_change='append_new_columns',
    pre_hook='select 1',
    post_hook="{{ record_taken_loads(['tracking', 'tracking_events']) }}",
) }}

with pending as (
    select parcel_id from {{ ref('stg_tracking') }} as news
    where {{ is_new('news', 'tracking') }}
    union
    select parcel_id from {{ ref('stg_tracking_events') }} as news
    where {{ is_new('news', 'tracking_events') }}
),

codes as (
    select * from {{ ref('tracking_codes') }}
),

versions as (
    select
        *,
        {{ written_day('estimated_delivery_at_text') }} as estimated_delivery_date
    from {{ ref('stg_tracking') }}
    semi join pending using (parcel_id)
),

answers as (
    select
        versions.*,
        {{ meaning('versions.status_code', 'details.state', 'carriers.state', 'letters.state') }} as answered_state
    from versions
    left join codes as details on details.kind = 'detail' and versions.status_detail_code = details.code
    left join codes as carriers on carriers.kind = 'carrier' and versions.carrier_detail_code = carriers.code
    left join codes as letters on letters.kind = 'letters' and versions.status_code = letters.code
    where versions.is_current
),

first_estimates as (
    select
        parcel_id,
        arg_min(estimated_delivery_date, valid_from) as first_estimated_date
    from versions
    where estimated_delivery_date is not null
    group by parcel_id
),

scans as (
    select * from {{ ref('scans') }}
    semi join pending using (parcel_id)
),

-- Ordered by when things happened, not by when they were told: a late scan changes nothing.
scanned as (
    select
        parcel_id,
        count(*) as event_count,
        max(moment) as last_event_at,
        arg_max(carrier_occurred_at, place) as last_event_local_at,
        arg_max(description, place) as last_event_description,
        arg_max(city_locality, place) filter (city_locality <> '') as last_city,
        arg_max(state_province, place) filter (city_locality <> '') as last_state_province,
        arg_max(country_code, place) filter (city_locality <> '') as last_country_code,
        arg_max(state, place) filter (state is not null) as last_state,
        min(moment) filter (state = 'delivered') as first_delivered_at,
        max(moment) filter (state = 'delivered') as last_delivered_at,
        arg_min(carrier_occurred_at, place) filter (state = 'delivered') as delivered_local_at,
        arg_max(signer, place) filter (state = 'delivered' and signer <> '') as signer,
        min(moment) filter (state = 'return_to_sender') as returning_since
    from scans
    group by parcel_id
),

-- A scan on the way back does not undo a return, nor one that is told late a delivery.
concluded as (
    select
        answers.*,
        scanned.* exclude (parcel_id),
        first_estimates.first_estimated_date,
        case
            when scanned.returning_since is not null or answers.answered_state = 'return_to_sender' then 'return_to_sender'
            when
                scanned.first_delivered_at is not null
                or answers.answered_state = 'delivered'
                or answers.delivered_at is not null
                then 'delivered'
            else coalesce(scanned.last_state, answers.answered_state, 'unknown')
        end as state
    from answers
    left join scanned on answers.parcel_id = scanned.parcel_id
    left join first_estimates on answers.parcel_id = first_estimates.parcel_id
),

other_scans as (
    select
        concluded.parcel_id,
        max(scans.place) as last_place
    from concluded
    inner join scans on concluded.parcel_id = scans.parcel_id and concluded.state <> scans.state
    group by concluded.parcel_id
),

-- The present state began with its first scan after the last one of another state.
beginnings as (
    select
        concluded.parcel_id,
        min(scans.moment) filter (scans.place > coalesce(other_scans.last_place, 0)) as after_all_others,
        min(scans.moment) as ever
    from concluded
    inner join scans on concluded.parcel_id = scans.parcel_id and concluded.state = scans.state
    left join other_scans on concluded.parcel_id = other_scans.parcel_id
    group by concluded.parcel_id
),

reports as (
    select
        concluded.parcel_id,
        concluded.label_id,
        concluded.state,
        case
            when concluded.state in ('delivered', 'return_to_sender') then coalesce(beginnings.ever, concluded.delivered_at)
            else coalesce(beginnings.after_all_others, beginnings.ever)
        end as state_since,
        concluded.tracking_number,
        concluded.tracking_url,
        concluded.carrier_code,
        concluded.status_code,
        concluded.status_detail_code,
        concluded.status_description,
        concluded.carrier_status_description,
        nullif(concluded.exception_description, '') as exception_description,
        concluded.shipped_at,
        concluded.estimated_delivery_at,
        concluded.estimated_delivery_date,
        concluded.first_estimated_date,
        case
            when concluded.returning_since is null or concluded.first_delivered_at < concluded.returning_since
                then coalesce(concluded.first_delivered_at, concluded.delivered_at)
        end as delivered_at,
        case
            when concluded.returning_since is null or concluded.first_delivered_at < concluded.returning_since
                then coalesce(concluded.delivered_local_at, try_cast(left(concluded.delivered_at_text, 19) as timestamp))
        end as delivered_local_at,
        concluded.signer,
        concluded.state = 'return_to_sender'
        and coalesce(
            concluded.last_delivered_at > concluded.returning_since,
            concluded.answered_state = 'delivered' and concluded.returning_since is not null
        ) as is_back_with_sender,
        coalesce(concluded.event_count, 0) as event_count,
        concluded.last_event_at,
        concluded.last_event_local_at,
        concluded.last_event_description,
        concluded.last_city,
        concluded.last_state_province,
        concluded.last_country_code,
        concluded.observed_at
    from concluded
    left join beginnings on concluded.parcel_id = beginnings.parcel_id
)

select * from reports
order by parcel_id
