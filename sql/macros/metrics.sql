{#- What the marts count, in one place each; see the descriptions of the models. -#}

{#- Hours from one instant to another, as a double. -#}
{% macro hours_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }})) / 3.6e9
{%- endmacro %}

{#- Days from one date to another. -#}
{% macro days_of(earlier, later) -%}
    date_diff('day', {{ earlier }}, {{ later }})
{%- endmacro %}

{#- The Monday of a day's week; 5 January 1970 was one. -#}
{% macro week_of(day) -%}
    ({{ day }} - (({{ days_of("date '1970-01-05'", day) }}) % 7)::integer)
{%- endmacro %}

{#- Mondays to Fridays before a day, from a Monday on long ago; holidays are not known. -#}
{% macro weekdays_before(day) -%}
    (({{ days_of("date '1970-01-05'", day) }}) // 7) * 5 + least(({{ days_of("date '1970-01-05'", day) }}) % 7, 5)
{%- endmacro %}

{#- The day that the build stands for. -#}
{% macro account_today() -%}
    {{ local_date(as_of()) }}
{%- endmacro %}

{#- Whether a line of a shipment is goods: a discount has no SKU or a negative price. -#}
{% macro is_goods(items) -%}
    (coalesce({{ items }}.sku, '') <> '' and coalesce({{ items }}.unit_price, 0) >= 0)
{%- endmacro %}

{#- Whether a shipment waits for something: the list of statuses is open, and an unknown one counts as open. -#}
{% macro is_open(status) -%}
    (coalesce({{ status }}, '') not in ('label_purchased', 'cancelled'))
{%- endmacro %}

{#- Whether a status is one of those that ShipStation is known to give. -#}
{% macro is_known_status(status) -%}
    (coalesce({{ status }}, '') in ('pending', 'processing', 'on_hold', 'label_purchased', 'cancelled'))
{%- endmacro %}

{#- Whether a label brings a parcel to a buyer: not voided, made, no return and no test. -#}
{% macro is_live_label(labels) -%}
    (
        not coalesce({{ labels }}.is_voided, false)
        and coalesce({{ labels }}.label_status, '') not in ('voided', 'error')
        and not coalesce({{ labels }}.is_return_label, false)
        and not coalesce({{ labels }}.is_test_label, false)
    )
{%- endmacro %}

{#- Whether a scan is the carrier's own, of a parcel that it has: not the news that a label was made. -#}
{% macro is_carrier_scan(scans) -%}
    (
        coalesce({{ scans }}.state not in ('pre_transit', 'cancelled'), false)
        or (
            {{ scans }}.status_code = 'AC'
            and {{ scans }}.status_detail_code is null
            and {{ scans }}.carrier_detail_code is null
        )
    )
{%- endmacro %}

{% macro pounds(value, unit) -%}
    case {{ unit }}
        when 'pound' then {{ value }}
        when 'ounce' then {{ value }} / 16.0
        when 'gram' then {{ value }} / 453.59237
        when 'kilogram' then {{ value }} / 0.45359237
    end
{%- endmacro %}

{% macro inches(value, unit) -%}
    case {{ unit }} when 'inch' then {{ value }} when 'centimeter' then {{ value }} / 2.54 end
{%- endmacro %}
