with processed_loads as (
    select * from {{ source('bookkeeping', 'processed_loads') }}
),

first_observations as (
    {%- for table in tables_seen_first() %}
    select min(observed_at) as observed_at from {{ ref('stg_' ~ table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

build as (
    select as_of, changes_since from {{ source('bookkeeping', 'as_of') }}
),

bounds as (
    select
        coalesce(
            build.changes_since,
            (select min(changes_since) from processed_loads),
            (select min(observed_at) from first_observations),
            build.as_of
        ) as changes_since,
        build.as_of
    from build
)

select * from bounds
