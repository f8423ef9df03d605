{#- Written by `make models` from sources/tables. -#}
{{ version_history('labels', ['label_id']) }}
