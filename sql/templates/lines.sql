{#- Written by `make models` from sources/tables. -#}
{{ current_lines('<< table.name >>') }}
