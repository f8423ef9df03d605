{#- Written by `make models` from sources/tables. -#}
{{ current_versions('purchase_orders') }}
