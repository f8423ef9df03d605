{#- Written by `make models` from sources/tables. -#}
{{ current_lines('shipment_items') }}
