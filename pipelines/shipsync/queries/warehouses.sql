-- The warehouses parcels leave from, as held: one row per warehouse.
select
    warehouse_id,
    name,
    is_default,
    origin_address ->> 'city_locality' as city,
    origin_address ->> 'country_code' as country,
    created_at
from raw.warehouses
where _dlt_valid_to is null
order by name, warehouse_id
