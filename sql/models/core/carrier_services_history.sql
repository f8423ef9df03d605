{#- Written by `make models` from sources/tables. -#}
{{ version_history('carrier_services', ['carrier_id', 'service_code']) }}
