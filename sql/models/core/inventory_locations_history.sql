{#- Written by `make models` from sources/tables. -#}
{{ version_history('inventory_locations', ['inventory_location_id']) }}
