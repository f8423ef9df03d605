{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='parcel_id',
    on_schema_change='append_new_columns',
    pre_hook=["{{ find_new_loads(['tracking', 'tracking_events']) }}", '{{ find_pending(pending_parcels()) }}'],
    post_hook='{{ record_taken_loads() }}',
) }}

{% if is_incremental() -%}
with pending as (
    select parcel_id from {{ pending_table() }}
),
{%- else -%}
with
{%- endif %}

-- depends_on: {{ ref('tracking_events') }}
{{ scans_of('pending') }},

versions as (
    select
        * replace (
            {{ known_instant('shipped_at') }} as shipped_at,
            {{ known_instant('estimated_delivery_at') }} as estimated_delivery_at,
            {{ known_instant('delivered_at') }} as delivered_at
        ),
        {{ written_day('estimated_delivery_at_text') }} as estimated_delivery_date
    from {{ ref('stg_tracking') }}
    {{ only_pending('parcel_id') }}
),

answers as (
    select
        -- Its count of events counts what was told twice.
        versions.* exclude (event_count),
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
        estimated_delivery_date as first_estimated_date
    from versions
    where estimated_delivery_date is not null
    qualify row_number() over (
        partition by parcel_id
        order by valid_from, estimated_delivery_date
    ) = 1
),

-- Ordered by when things happened, not by when they were told: a late scan changes nothing. All of this is
-- numbers: texts in the states of an aggregate can't leave memory, and there are millions of parcels. What
-- stood at a place is looked up below, where the key of the event decides between scans of one place.
folded as (
    select
        parcel_id,
        count(*) as event_count,
        max(moment) as last_event_at,
        max(place) as last_event_place,
        max(place) filter (carrier_occurred_at is not null) as last_local_place,
        max(place) filter (city_locality <> '') as last_city_place,
        min(place) filter (state = 'delivered' and carrier_occurred_at is not null) as first_delivered_local_place,
        max(place) filter (state is not null) as last_place,
        {%- for progress in range(1, 9) %}
        max(place) filter (state is not null and place % 16 = {{ progress }}) as last_of_{{ progress }},
        {%- endfor %}
        min(moment) filter (state = 'delivered') as first_delivered_at,
        max(moment) filter (state = 'delivered') as last_delivered_at,
        min(moment) filter (state = 'return_to_sender') as returning_since
    from scans
    group by parcel_id
),

compared as (
    select
        folded.*,
        states.state as last_state,
        greatest(
            0
            {%- for progress in range(1, 9) %},
            case when folded.last_place % 16 <> {{ progress }} then folded.last_of_{{ progress }} end
            {%- endfor %}
        ) as last_place_elsewhere
    from folded
    left join states on folded.last_place % 16 = states.progress
),

-- The last state began with its first scan after the last one of another state.
beginnings as (
    select
        compared.parcel_id,
        min(scans.moment) as last_state_since
    from scans
    inner join (select parcel_id, last_place, last_place_elsewhere from compared) as compared
        on scans.parcel_id = compared.parcel_id
    where scans.state is not null and scans.place > compared.last_place_elsewhere
    group by compared.parcel_id
),

-- The few scans of a parcel of which more than the moment is told.
told_scans as (
    select
        scans.parcel_id,
        scans.event_key,
        scans.place,
        scans.state,
        scans.carrier_occurred_at,
        scans.description,
        scans.city_locality,
        scans.state_province,
        scans.country_code,
        compared.last_event_place,
        compared.last_local_place,
        compared.last_city_place,
        compared.first_delivered_local_place
    from scans
    inner join compared on scans.parcel_id = compared.parcel_id
    where
        scans.place in (
            compared.last_event_place,
            compared.last_local_place,
            compared.last_city_place,
            compared.first_delivered_local_place
        )
),

last_events as (
    select
        parcel_id,
        description as last_event_description
    from told_scans
    where place = last_event_place
    qualify row_number() over (partition by parcel_id order by event_key desc) = 1
),

last_cities as (
    select
        parcel_id,
        city_locality as last_city,
        state_province as last_state_province,
        country_code as last_country_code
    from told_scans
    where place = last_city_place and city_locality <> ''
    qualify row_number() over (partition by parcel_id order by event_key desc) = 1
),

local_times as (
    select
        parcel_id,
        max(carrier_occurred_at) filter (place = last_local_place) as last_event_local_at,
        min(carrier_occurred_at) filter (
            place = first_delivered_local_place and state = 'delivered'
        ) as delivered_local_at
    from told_scans
    group by parcel_id
),

signers as (
    select
        parcel_id,
        max(signer) as signer
    from scans
    where state = 'delivered' and signer <> ''
    group by parcel_id
),

-- A scan on the way back does not undo a return, nor one that is told late a delivery.
concluded as (
    select
        answers.*,
        compared.* exclude (parcel_id),
        first_estimates.first_estimated_date,
        case
            when compared.returning_since is not null or answers.answered_state = 'return_to_sender' then 'return_to_sender'
            when
                compared.first_delivered_at is not null
                or answers.answered_state = 'delivered'
                or answers.delivered_at is not null
                then 'delivered'
            else coalesce(compared.last_state, answers.answered_state, 'unknown')
        end as state,
        -- One that was sent back before it was ever delivered reached the sender, not the buyer.
        compared.returning_since is null
        or coalesce(compared.first_delivered_at < compared.returning_since, false) as is_with_buyer
    from answers
    left join compared on answers.parcel_id = compared.parcel_id
    left join first_estimates on answers.parcel_id = first_estimates.parcel_id
),

reports as (
    select
        parcel_id,
        label_id,
        state,
        case state
            when 'delivered' then coalesce(first_delivered_at, delivered_at)
            when 'return_to_sender' then returning_since
            else last_state_since
        end as state_since,
        tracking_number,
        tracking_url,
        carrier_code,
        status_code,
        status_detail_code,
        status_description,
        carrier_status_description,
        nullif(exception_description, '') as exception_description,
        shipped_at,
        estimated_delivery_at,
        estimated_delivery_date,
        first_estimated_date,
        case when is_with_buyer then coalesce(first_delivered_at, delivered_at) end as delivered_at,
        case
            when is_with_buyer then coalesce(delivered_local_at, {{ known_local_time('try_cast(left(delivered_at_text, 19) as timestamp)') }})
        end as delivered_local_at,
        signer,
        coalesce(
            state = 'return_to_sender'
            and coalesce(last_delivered_at > returning_since, answered_state = 'delivered'),
            false
        ) as is_back_with_sender,
        coalesce(event_count, 0) as event_count,
        last_event_at,
        last_event_local_at,
        last_event_description,
        last_city,
        last_state_province,
        last_country_code,
        observed_at
    from concluded
    left join beginnings using (parcel_id)
    left join last_events using (parcel_id)
    left join last_cities using (parcel_id)
    left join local_times using (parcel_id)
    left join signers using (parcel_id)
)

select * from reports
