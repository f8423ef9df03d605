{#- Written by `make models` from sources/streams.py: tables whose oldest observation may be the first run. -#}
{% macro tables_seen_first() %}
    {{ return([
        'shipments',
        'fulfillments',
        'labels',
        'inventory_levels',
        'warehouses',
        'inventory_warehouses',
        'inventory_locations',
        'products',
        'carriers',
        'carrier_services',
        'tags',
        'suppliers',
        'purchase_orders',
    ]) }}
{% endmacro %}
