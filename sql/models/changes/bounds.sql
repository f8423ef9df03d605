{#- Tables whose oldest observation is the first run. -#}
{% set streams = [
    'stg_shipments', 'stg_fulfillments', 'stg_labels', 'stg_inventory_levels', 'stg_warehouses',
    'stg_inventory_warehouses', 'stg_inventory_locations', 'stg_products', 'stg_carriers',
    'stg_carrier_services', 'stg_tags',
] %}

with processed_loads as (
    select * from {{ source('bookkeeping', 'processed_loads') }}
),

first_observations as (
    {%- for stream in streams %}
    select min(observed_at) as observed_at from {{ ref(stream) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

build as (
    select coalesce({{ instant_var('now') }}, '{{ run_started_at.isoformat() }}'::timestamptz) as as_of
),

bounds as (
    select
        coalesce(
            {{ instant_var('changes_since') }},
            (select min(changes_since) from processed_loads),
            (select min(observed_at) from first_observations),
            as_of
        ) as changes_since,
        as_of
    from build
)

select * from bounds
