{#- Between whole builds: of the parcels of which events came. -#}
{{ config(meta={'key': ['parcel_id']}) }}

select parcel_id, occurred_at, event_code, count(*) as tellings
from {{ ref('tracking_events') }}
where occurred_at is not null and event_code is not null
group by parcel_id, occurred_at, event_code
having count(*) > 1
