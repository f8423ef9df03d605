{#- The UTC calendar day of an instant, whatever the TimeZone of the session that asks. -#}
{% macro utc_date(instant) -%}
    ({{ instant }} at time zone 'UTC')::date
{%- endmacro %}

{#- Midnight UTC at the start of a day. -#}
{% macro start_of_day(day) -%}
    (({{ day }})::timestamp at time zone 'UTC')
{%- endmacro %}

{#- An instant as ISO 8601 text in UTC, to the millisecond, as ShipStation writes it. -#}
{% macro iso_instant(instant) -%}
    strftime({{ instant }} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')
{%- endmacro %}

{#- A literal from a var that holds ISO 8601 text, or null when the var is not set. -#}
{% macro instant_var(name) -%}
    {%- set value = var(name, none) -%}
    {%- if value -%} '{{ value | string | replace("'", "''") }}'::timestamptz
    {%- else -%} null::timestamptz
    {%- endif -%}
{%- endmacro %}

{#-
  A date, or null where it stands for an unknown one: systems write the first or the last day they know where
  they know none (0001-01-01, 1970-01-01, 9999-12-31). shipsync.tracking.known_dates does the same.
-#}
{% macro known_date(day) -%}
    case when {{ day }} between date '2001-01-01' and date '2098-12-31' then {{ day }} end
{%- endmacro %}

{#- The same of an instant, by its day in UTC. -#}
{% macro known_instant(instant) -%}
    case
        when {{ instant }} >= timestamptz '2001-01-01 00:00:00+00' and {{ instant }} < timestamptz '2099-01-01 00:00:00+00'
            then {{ instant }}
    end
{%- endmacro %}

{#- The same of a local time. -#}
{% macro known_local_time(moment) -%}
    case
        when {{ moment }} >= timestamp '2001-01-01 00:00:00' and {{ moment }} < timestamp '2099-01-01 00:00:00'
            then {{ moment }}
    end
{%- endmacro %}
