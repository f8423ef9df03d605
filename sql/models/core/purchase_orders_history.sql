{#- Written by `make models` from sources/tables. -#}
{{ version_history('purchase_orders', ['purchase_order_id']) }}
