{#- What core makes of a staging model: its current rows, every version numbered, or lines as they are. -#}

{#- The rows of `stg_<table>` that no later version has replaced. -#}
{% macro current_versions(table) %}
with versions as (
    select * from {{ ref('stg_' ~ table) }}
),

current_versions as (
    select * exclude (valid_to, is_current)
    from versions
    where is_current
)

select * from current_versions
{% endmacro %}

{#- Every row of `stg_<table>`, with the number of the version among those of its key. -#}
{% macro version_history(table, key) %}
with versions as (
    select * from {{ ref('stg_' ~ table) }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}
            order by valid_from, load_id, content_hash
        ) as version_number
    from versions
)

select * from numbered
{% endmacro %}

{#- The rows of `stg_<table>`, which are the lines of current versions. -#}
{% macro current_lines(table) %}
with lines as (
    select * from {{ ref('stg_' ~ table) }}
)

select * from lines
{% endmacro %}

{#- The label of a parcel: of a further box, LABEL/NUMBER, the part before the stroke. -#}
{% macro label_of_parcel(parcel_id) -%}
    split_part({{ parcel_id }}, '/', 1)
{%- endmacro %}

{#-
  The versions of `stg_<table>` that follow another, by the CTE successors, and those before them, which ended when
  the next began, or not at all where two versions stand beside each other.
-#}
{% macro compared_versions(table, key) %}
{%- set of_table = "from successors where stream = '" ~ table ~ "'" %}
    select *, true as is_newer
    from {{ ref('stg_' ~ table) }}
    where
        load_id in (select load_id {{ of_table }})
        and {{ key }} in (select entity_id {{ of_table }})
    union all
    select *, false as is_newer
    from {{ ref('stg_' ~ table) }}
    where
        valid_to in (select previous_valid_to {{ of_table }})
        and {{ key }} in (select entity_id {{ of_table }})
    union all
    select *, false as is_newer
    from {{ ref('stg_' ~ table) }}
    where is_current and {{ key }} in (select entity_id {{ of_table }} and previous_valid_to is null)
{%- endmacro %}
