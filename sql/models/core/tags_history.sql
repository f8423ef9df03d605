{#- Written by `make models` from sources/tables. -#}
{{ version_history('tags', ['name']) }}
