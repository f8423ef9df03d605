{#- The JSON object of a modification's values, with why a shipment had gone added where it came back. -#}
{% macro with_closed_because(values, closed_because) -%}
    case
        when departures.closed_at is null then {{ values }}
        else to_json(map_concat(
            coalesce({{ values }}::map(varchar, json), map()),
            map(['closed_because'], [to_json({{ closed_because }}::varchar)])
        ))
    end
{%- endmacro %}
