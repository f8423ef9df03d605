{#- Written by `make models` from sources/tables. -#}
{{ version_history('warehouses', ['warehouse_id']) }}
