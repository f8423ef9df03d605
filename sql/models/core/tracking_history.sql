with versions as (
    select * from {{ ref('stg_tracking') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by parcel_id
            order by valid_from, load_id, content_hash
        ) as version_number
    from versions
)

select * from numbered
