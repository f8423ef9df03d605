{#- Written by `make models` from sources/tables. -#}
{{ current_lines('label_packages') }}
