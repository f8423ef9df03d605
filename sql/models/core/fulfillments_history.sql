{#- Written by `make models` from sources/tables. -#}
{{ version_history('fulfillments', ['fulfillment_id']) }}
