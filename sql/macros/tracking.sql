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

{#-
  The loads of those raw tables that the model which asks has not taken in. A row that goes brings no load: what
  a run found gone counts as one, of a table `gone`.
-#}
{% macro new_loads(raw_tables) %}
    with present as (
        select distinct 'gone' as raw_table, run_id as load_id
        from {{ source('sync_ledger', 'gone') }}
        union all
        {%- for raw_table in raw_tables %}
        select '{{ raw_table }}' as raw_table, load_id
        from (select distinct load_id from {{ ref('stg_' ~ raw_table) }})
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

    select raw_table, load_id
    from present
    anti join recorded using (raw_table, load_id)
{% endmacro %}

{#-
  What is pending is found first, by the pre-hooks of a model that grows, and lies in temporary tables: DuckDB
  then knows how few rows they are, and joins accordingly. The hooks also open the transaction, so that the
  loads are noted in the one that takes them in.
-#}
{% macro find_new_loads(raw_tables) -%}
    create or replace temporary table {{ new_loads_table() }} as
    {{ new_loads(raw_tables) }}
{%- endmacro %}

{% macro new_loads_table() -%} {{ this.name }}__new_loads {%- endmacro %}

{#- The rows that `query` gives, as a temporary table; nothing where the model is made anew. -#}
{% macro find_pending(query) -%}
    {%- if is_incremental() -%}
    create or replace temporary table {{ pending_table() }} as
    {{ query }}
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}

{% macro pending_table() -%} {{ this.name }}__pending {%- endmacro %}

{#- Takes the shipments that are built anew out of a model that grows: they may have no row any more. -#}
{% macro forget_pending() -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where shipment_id in (select shipment_id from {{ pending_table() }})
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}

{% macro record_taken_loads() -%}
    insert into {{ source('bookkeeping_of_tracking', 'taken_loads') }}
    select '{{ this.name }}', raw_table, load_id from {{ new_loads_table() }}
{%- endmacro %}

{#- Whether a row of a staging model is new to the model that asks, once `find_new_loads` has run. -#}
{% macro is_new(raw_table) -%}
    load_id in (select load_id from {{ new_loads_table() }} where raw_table = '{{ raw_table }}')
{%- endmacro %}

{#- Keeps to what is pending; fully refreshed, a model reads all there is and needs no list of it. -#}
{% macro only_pending(key) -%}
    {%- if is_incremental() -%}
    semi join pending using ({{ key }})
    {%- endif -%}
{%- endmacro %}

{#- For a CTE that is read more than once: a few pending rows are kept, and a whole table is not. -#}
{% macro kept() -%}
    {%- if not is_incremental() %}not {% endif -%} materialized
{%- endmacro %}

{#- Raw tables whose rows decide what an order's parcels are. -#}
{% macro tables_of_orders() %}
    {{ return(['shipments', 'shipment_items', 'labels', 'label_packages', 'fulfillments', 'tracking', 'tracking_events']) }}
{% endmacro %}

{#-
  Shipments of which anything in those tables is new to the model that asks, or has gone; of all that decide on
  parcels by default.
-#}
{% macro pending_shipments(raw_tables=none) %}
    {%- set by_label = ['label_packages', 'tracking', 'tracking_events'] -%}
    {%- set given = raw_tables or tables_of_orders() %}
    with new_by_label as (
        {%- for raw_table in given if raw_table in by_label %}
        select label_id from {{ ref('stg_' ~ raw_table) }}
        where {{ is_new(raw_table) }}
        {%- if not loop.last %}
        union
        {%- endif %}
        {%- endfor %}
    ),

    -- A whole list of labels is looked through once, and not at all for none.
    labels_by_id as (
        select label_id, shipment_id from {{ ref('stg_labels') }}
        where is_current and exists (select 1 from new_by_label)
    ),

    gone as (
        select stream, entity_id from {{ source('sync_ledger', 'gone') }}
        where run_id in (select load_id from {{ new_loads_table() }} where raw_table = 'gone')
    )

    select entity_id as shipment_id
    from gone
    where stream = 'shipments'
    {%- for stream, key in [('labels', 'label_id'), ('fulfillments', 'fulfillment_id')] if stream in given %}
    union
    select shipment_id from {{ ref('stg_' ~ stream) }}
    where {{ key }} in (select entity_id from gone where stream = '{{ stream }}')
    {%- endfor %}
    union
    select labels_by_id.shipment_id
    from new_by_label
    inner join labels_by_id on new_by_label.label_id = labels_by_id.label_id
    {%- for raw_table in given if raw_table not in by_label %}
    union
    select shipment_id from {{ ref('stg_' ~ raw_table) }}
    where {{ is_new(raw_table) }}
    {%- endfor %}
{% endmacro %}

{#-
  The same, with all shipments that share a number with one of them: whether a number is that of one order
  depends on all of them, those that have it now and those that had it. What is not touched stands in the model
  under the number that it has.
-#}
{% macro pending_numbers() %}
    with touched as (
        {{ pending_shipments() }}
    ),

    touched_numbers as (
        select {{ number_key() }} as number_key from {{ ref('stg_shipments') }}
        where is_current and shipment_id in (select shipment_id from touched)
        union
        select number_key from {{ this }}
        where shipment_id in (select shipment_id from touched)
    )

    select shipment_id from touched
    union
    select shipment_id from {{ this }}
    where number_key in (select number_key from touched_numbers)
{% endmacro %}

{#- Parcels of which an answer or a scan is new to the model that asks. -#}
{% macro pending_parcels() %}
    select parcel_id from {{ ref('stg_tracking') }}
    where {{ is_new('tracking') }}
    union
    select parcel_id from {{ ref('stg_tracking_events') }}
    where {{ is_new('tracking_events') }}
{% endmacro %}

{#- The day that was written, whatever offset or false Z stood behind it; null if it is no day or none that is known. -#}
{% macro written_day(text) -%}
    {{ known_date('try_cast(left(' ~ text ~ ', 10) as date)') }}
{%- endmacro %}

{#- What an answer's or a scan's codes mean, given what each means by itself; see the seed tracking_codes. -#}
{% macro meaning(status_code, detail, carrier, letters) -%}
    -- A carrier may call a step of the way an exception, such as a delay in customs.
    case when {{ status_code }} = 'EX' and {{ detail }} = 'in_transit' then 'exception'
    else coalesce({{ detail }}, {{ carrier }}, {{ letters }}) end
{%- endmacro %}

{#-
  Two CTEs that read the codes of the events in the CTE of that name: read_codes and placed. The joins come
  last, so that a filter on whose events they are reaches the events first.
-#}
{% macro read_codes(events) %}
codes as (
    select * from {{ ref('tracking_codes') }}
),

states as (
    select * from {{ ref('tracking_states') }}
),

read_codes as (
    select
        events.* replace (
            {{ known_instant('events.occurred_at') }} as occurred_at,
            {{ known_local_time('events.carrier_occurred_at') }} as carrier_occurred_at
        ),
        coalesce(
            {{ known_instant('events.occurred_at') }},
            {{ known_local_time('events.carrier_occurred_at') }} at time zone 'UTC'
        ) as moment,
        events.status_detail_code is null or details.code is not null as is_known_code,
        case
            -- A known code that means nothing by itself is a note, whatever the two letters say.
            when details.code is not null and details.state is null then null
            else {{ meaning('events.status_code', 'details.state', 'carriers.state', 'letters.state') }}
        end as state
    from {{ events }} as events
    left join codes as details on details.kind = 'detail' and events.status_detail_code = details.code
    left join codes as carriers on carriers.kind = 'carrier' and events.carrier_detail_code = carriers.code
    left join codes as letters on letters.kind = 'letters' and events.status_code = letters.code
),

-- Of two scans of one instant the one further on the way is the later.
placed as (
    select
        read_codes.*,
        epoch_us(read_codes.moment) * 16 + coalesce(states.progress, 0) as place
    from read_codes
    left join states on read_codes.state = states.state
)
{% endmacro %}

{#-
  The CTEs codes, states and scans: where the model grows (or `is_always`) of those parcels alone that stand in the
  CTE named. Their events are found before codes are read, or those of the whole account would be read for a few.
-#}
{% macro scans_of(parcels, is_always=false) %}
{%- if is_incremental() %}
events as materialized (
    select events.*
    from {{ ref('tracking_events') }} as events
    semi join {{ parcels }} as parcels on events.parcel_id = parcels.parcel_id
),

{{ read_codes('events') }},

scans as materialized (
    select * from placed
)
{%- else %}
codes as (
    select * from {{ ref('tracking_codes') }}
),

states as (
    select * from {{ ref('tracking_states') }}
),

scans as not materialized (
    select scans.*
    from {{ ref('scans') }} as scans
    {%- if is_always %}
    semi join {{ parcels }} as parcels on scans.parcel_id = parcels.parcel_id
    {%- endif %}
)
{%- endif %}
{%- endmacro %}

{#- The instant that the build stands for. -#}
{% macro as_of() -%}
    {%- if var('now', none) -%} ({{ instant_var('now') }})
    {%- else -%} (select as_of from {{ source('bookkeeping', 'as_of') }})
    {%- endif -%}
{%- endmacro %}
