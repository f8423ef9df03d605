-- What carriers reported of some labels, newest first: one row per event. Carriers repeat an event
-- with small differences; the first answer that held it stands, as in core.tracking_events.
with

wanted as (
    select unnest($label_ids) as label_id
),

events as (
    select
        events.*,
        coalesce(events.occurred_at, events.carrier_occurred_at::timestamptz) as moment,
        coalesce(events.event_code, events.carrier_detail_code, events.description) as code
    from raw.tracking_events as events
    inner join wanted on events.label_id = wanted.label_id
),

first_mentions as (
    select *
    from events
    qualify row_number() over (
        partition by label_id, moment, code
        order by observed_at, city_locality is null, event_key
    ) = 1
)

select
    label_id,
    occurred_at,
    carrier_occurred_at,
    description,
    city_locality,
    state_province,
    nullif(postal_code, '') as postal_code,
    carrier_status_description,
    country_code,
    status_code,
    status_detail_code,
    signer,
    proof_of_delivery_url
from first_mentions
order by occurred_at desc nulls last, event_key
