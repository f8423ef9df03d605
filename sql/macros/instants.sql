{#-
  Days. A day is one of the account's zone (setting timezone), whatever the TimeZone of the session that asks.
  No model casts an instant to a date by itself: a test looks for it.
-#}

{#- The account's zone, as a literal. -#}
{% macro account_zone() -%}
    '{{ var('timezone') | replace("'", "''") }}'
{%- endmacro %}

{#- The calendar day on which something happened. -#}
{% macro local_date(instant) -%}
    (({{ instant }}) at time zone {{ account_zone() }})::date
{%- endmacro %}

{#-
  The day that an instant stands for: ship dates, due dates and holds come as instants. ShipStation writes
  midnight UTC for some, midnight in Los Angeles, in Chicago or where somebody sits for others, and noon UTC. A
  whole hour is such a midnight: of the day in UTC and that in the account's zone it means the later one.
  shipsync.account_day does the same. West of Greenwich the later one is that in UTC, which takes no calendar:
  a million days cost a twentieth of it.
-#}
{% macro written_date(instant) -%}
    case
        when epoch_us({{ instant }}) % 3600000000 = 0
            then
                {%- if account_zone().startswith("'America/") %} {{ utc_date(instant) }}
                {%- else %} greatest({{ local_date(instant) }}, {{ utc_date(instant) }})
                {%- endif %}
        else {{ local_date(instant) }}
    end
{%- endmacro %}

{#- The day in UTC on which something happened. -#}
{% macro utc_date(instant) -%}
    make_timestamp(epoch_us({{ instant }}))::date
{%- endmacro %}

{#- The instant at which a day of the account's zone begins. -#}
{% macro start_of_day(day) -%}
    (({{ day }})::timestamp at time zone {{ account_zone() }})
{%- endmacro %}

{#- Days from one instant to another, by the account's calendar. -#}
{% macro days_between(earlier, later) -%}
    date_diff('day', {{ local_date(earlier) }}, {{ local_date(later) }})
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
