{#- Written by `make models` from sources/tables. -#}
{{ version_history('tracking', ['parcel_id']) }}
