with versions as (
    select * from {{ ref('stg_carrier_services') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by carrier_id, service_code
            order by valid_from, load_id, content_hash
        ) as version_number
    from versions
)

select * from numbered
