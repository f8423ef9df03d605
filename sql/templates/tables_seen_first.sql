{#- Written by `make models` from sources/streams.py: tables whose oldest observation may be the first run. -#}
{% macro tables_seen_first() %}
    {{ return([
<%- for table in tables %>
        '<< table >>',
<%- endfor %>
    ]) }}
{% endmacro %}
