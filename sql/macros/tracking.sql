{#-
  Which load packages the models of schema tracking have taken in, by model and raw table: a torn load
  may bring its tables in two builds. Filled in the transaction that changes the model, so that a build
  killed at any instant has done both or neither.
-#}
{% macro create_taken_loads() %}
    create schema if not exists tracking;
    create table if not exists tracking.taken_loads (
        model varchar not null,
        raw_table varchar not null,
        load_id varchar not null
    );
{% endmacro %}

{% macro record_taken_loads(raw_tables) %}
    insert into {{ source('bookkeeping_of_tracking', 'taken_loads') }}
    with present as (
        {%- for raw_table in raw_tables %}
        select distinct '{{ raw_table }}' as raw_table, load_id from {{ ref('stg_' ~ raw_table) }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ),

    recorded as (
        select raw_table, load_id
        from {{ source('bookkeeping_of_tracking', 'taken_loads') }}
        where model = '{{ this.name }}'
    )

    select '{{ this.name }}', raw_table, load_id
    from present
    anti join recorded using (raw_table, load_id)
{% endmacro %}

{#- Whether a row of a staging model is new to the model that asks: always, if it is built anew. -#}
{% macro is_new(rows, raw_table) -%}
    {%- if is_incremental() -%}
    {{ rows }}.load_id not in (
        select load_id from {{ source('bookkeeping_of_tracking', 'taken_loads') }}
        where model = '{{ this.name }}' and raw_table = '{{ raw_table }}'
    )
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{#- Raw tables whose rows decide what an order's parcels are. -#}
{% macro tables_of_orders() %}
    {{ return(['shipments', 'shipment_items', 'labels', 'label_packages', 'fulfillments', 'tracking', 'tracking_events']) }}
{% endmacro %}

{#- Shipments of which anything is new to the model that asks. -#}
{% macro pending_shipments() %}
    {%- set by_label = ['label_packages', 'tracking', 'tracking_events'] -%}
    {%- for raw_table in tables_of_orders() %}
    {%- if raw_table in by_label %}
    select labels.shipment_id
    from {{ ref('stg_' ~ raw_table) }} as news
    inner join {{ ref('stg_labels') }} as labels on news.label_id = labels.label_id and labels.is_current
    where {{ is_new('news', raw_table) }}
    {%- else %}
    select news.shipment_id
    from {{ ref('stg_' ~ raw_table) }} as news
    where {{ is_new('news', raw_table) }}
    {%- endif %}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
{% endmacro %}

{#- The name an order goes by: what its shop calls it, and ShipStation's own id where it has none. -#}
{% macro order_id() -%}
    coalesce(shipment_number, external_order_id, external_shipment_id, shipment_id)
{%- endmacro %}

{#- Two shops of one account may both have an order 1001. -#}
{% macro order_key() -%}
    coalesce(store_id, '') || '/' || {{ order_id() }}
{%- endmacro %}

{#- The day that was written, whatever offset or false Z stood behind it; null if it is no day. -#}
{% macro written_day(text) -%}
    try_cast(left({{ text }}, 10) as date)
{%- endmacro %}

{#- What an answer's or a scan's codes mean, given what each means by itself; see the seed tracking_codes. -#}
{% macro meaning(status_code, detail, carrier, letters) -%}
    -- A carrier may call a step of the way an exception, such as a delay in customs.
    case when {{ status_code }} = 'EX' and {{ detail }} = 'in_transit' then 'exception'
    else coalesce({{ detail }}, {{ carrier }}, {{ letters }}) end
{%- endmacro %}

{#- The instant that the build stands for. -#}
{% macro as_of() -%}
    coalesce({{ instant_var('now') }}, '{{ run_started_at.isoformat() }}'::timestamptz)
{%- endmacro %}
