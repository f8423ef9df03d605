{#- Written by `make models` from sources/tables. -#}
{{ version_history('products', ['product_id']) }}
