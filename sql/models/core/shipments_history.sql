{#- Written by `make models` from sources/tables. -#}
{{ version_history('shipments', ['shipment_id']) }}
