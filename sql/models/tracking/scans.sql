with events as (
    select * from {{ ref('tracking_events') }}
),

{{ read_codes('events') }}

select * from placed
