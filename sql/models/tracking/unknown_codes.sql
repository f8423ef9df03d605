with scans as (
    select * from {{ ref('scans') }}
    where not is_known_code
),

unknown_codes as (
    select
        status_detail_code,
        mode(status_code) as status_code,
        count(*) as event_count,
        count(distinct parcel_id) as parcel_count,
        min(observed_at) as first_observed_at,
        max(observed_at) as last_observed_at
    from scans
    group by status_detail_code
)

select * from unknown_codes
