{#- Written by `make models` from sources/tables. -#}
{{ version_history('carriers', ['carrier_id']) }}
