{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}

with events as (
    select
        *,
        coalesce(occurred_at, carrier_occurred_at at time zone 'UTC') as moment,
        coalesce(event_code, carrier_detail_code, description) as code
    from {{ ref('stg_tracking_events') }}
    {% if is_incremental() -%}
    where load_id not in (select load_id from {{ this }})
    {%- endif %}
),

-- Carriers repeat an event with small differences; the first answer that held it stands.
first_mentions as (
    select *
    from events
    qualify row_number() over (
        partition by parcel_id, moment, code
        order by observed_at, city_locality is null, event_key
    ) = 1
),

{% if is_incremental() -%}
held as (
    select
        parcel_id,
        coalesce(occurred_at, carrier_occurred_at at time zone 'UTC') as moment,
        coalesce(event_code, carrier_detail_code, description) as code
    from {{ this }}
),

unseen as (
    select first_mentions.*
    from first_mentions
    anti join held
        on first_mentions.parcel_id = held.parcel_id
        and first_mentions.moment is not distinct from held.moment
        and first_mentions.code is not distinct from held.code
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
-- In order, so that the events of one parcel are found without reading them all.
order by parcel_id
