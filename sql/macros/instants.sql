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
