{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}

with events as (
    select
        *,
        coalesce(occurred_at, carrier_occurred_at at time zone 'UTC') as moment,
        coalesce(event_code, carrier_detail_code, description) as code
    from {{ ref('stg_tracking_events') }}
    {% if is_incremental() -%}
    where load_id in (
        select present.load_id
        from (select distinct load_id from {{ ref('stg_tracking_events') }}) as present
        anti join (select distinct load_id from {{ this }}) as processed using (load_id)
    )
    {%- endif %}
),

-- Only what comes more than once is ranked: ranking millions of events takes more memory than there is.
repeated as (
    select
        parcel_id,
        moment,
        code
    from events
    group by all
    having count(*) > 1
),

-- Carriers repeat an event with small differences; the first answer that had it counts.
first_of_repeated as (
    select events.*
    from events
    semi join repeated
        on events.parcel_id = repeated.parcel_id
        and events.moment is not distinct from repeated.moment
        and events.code is not distinct from repeated.code
    qualify row_number() over (
        partition by events.parcel_id, events.moment, events.code
        order by events.observed_at, events.city_locality is null, events.event_key
    ) = 1
),

told_once as (
    select events.*
    from events
    anti join repeated
        on events.parcel_id = repeated.parcel_id
        and events.moment is not distinct from repeated.moment
        and events.code is not distinct from repeated.code
),

first_mentions as (
    select * from told_once
    union all
    select * from first_of_repeated
),

{% if is_incremental() -%}
known as (
    select
        parcel_id,
        coalesce(occurred_at, carrier_occurred_at at time zone 'UTC') as moment,
        coalesce(event_code, carrier_detail_code, description) as code
    from {{ this }}
),

unseen as (
    select first_mentions.*
    from first_mentions
    anti join known
        on first_mentions.parcel_id = known.parcel_id
        and first_mentions.moment is not distinct from known.moment
        and first_mentions.code is not distinct from known.code
),
{% else -%}
unseen as (
    select * from first_mentions
),
{% endif %}
de_duplicated as (
    select * exclude (moment, code) from unseen
)

select * from de_duplicated
