{#- Written by `make models` from sources/tables. -#}
{{ current_lines('purchase_order_items') }}
