{#- Written by `make models` from sources/tables. -#}
{{ version_history('inventory_levels', ['sku', 'inventory_location_id', 'inventory_warehouse_id']) }}
