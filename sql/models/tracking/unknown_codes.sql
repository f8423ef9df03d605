with scans as (
    select * from {{ ref('scans') }}
    where not is_known_code
),

letters as (
    select
        status_detail_code,
        status_code
    from scans
    group by status_detail_code, status_code
    qualify row_number() over (
        partition by status_detail_code
        order by status_code is null, count(*) desc, status_code
    ) = 1
),

unknown_codes as (
    select
        scans.status_detail_code,
        letters.status_code,
        count(*) as event_count,
        count(distinct scans.parcel_id) as parcel_count,
        min(scans.observed_at) as first_observed_at,
        max(scans.observed_at) as last_observed_at
    from scans
    inner join letters on scans.status_detail_code = letters.status_detail_code
    group by scans.status_detail_code, letters.status_code
)

select * from unknown_codes
