{#-
  changes.processed_loads remembers which load packages have been turned into events, and with which
  changes_since. It is filled in the transaction that appends the events, so that a build killed at
  any instant has done both or neither.
-#}
{% macro create_processed_loads() %}
    create schema if not exists changes;
    create table if not exists changes.processed_loads (
        stream varchar not null,
        load_id varchar not null,
        changes_since timestamptz not null,
        processed_at timestamptz not null
    );
{% endmacro %}

{#-
  The row 'start' keeps what the first build took for changes_since, even if it met no row at all. Whether
  it is there is counted before anything is written: the insert reads the table that it fills.
-#}
{% macro record_processed_loads() %}
    insert into {{ source('bookkeeping', 'processed_loads') }}
    with bounds as (
        select changes_since, as_of from {{ ref('bounds') }}
    ),

    recorded as (
        select count(*) as row_count from {{ source('bookkeeping', 'processed_loads') }}
    ),

    met as (
        select distinct stream, load_id from {{ ref('pending_versions') }}
        union all
        select 'start', 'start'
    )

    select met.stream, met.load_id, bounds.changes_since, bounds.as_of
    from met
    cross join bounds
    cross join recorded
    where met.stream <> 'start' or recorded.row_count = 0
{% endmacro %}

{#-
  changes.as_of holds the instant that this build stands for, so that no model has one in its SQL: a model is the
  same text in every build. Only a build moves it; a test looks at what was built.
-#}
{% macro set_as_of() %}
    create schema if not exists changes;
    create table if not exists changes.as_of (as_of timestamptz not null, changes_since timestamptz);
    {%- if flags.WHICH in ('build', 'run') %}
    delete from changes.as_of;
    {%- endif %}
    insert into changes.as_of
    select
        coalesce({{ instant_var('as_of') }}, {{ instant_var('now') }}, '{{ run_started_at.isoformat() }}'::timestamptz),
        {{ instant_var('changes_since') }}
    where not exists (select 1 from changes.as_of);
{% endmacro %}
