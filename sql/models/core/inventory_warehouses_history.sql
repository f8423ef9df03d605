{#- Written by `make models` from sources/tables. -#}
{{ version_history('inventory_warehouses', ['inventory_warehouse_id']) }}
