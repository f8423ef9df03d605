{#- Written by `make models` from sources/tables. -#}
{{ version_history('suppliers', ['supplier_id']) }}
