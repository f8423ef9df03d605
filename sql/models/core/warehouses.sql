with versions as (
    select * from {{ ref('stg_warehouses') }}
),

current_versions as (
    select * exclude (valid_to, is_current)
    from versions
    where is_current
)

select * from current_versions
