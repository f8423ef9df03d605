-- What lies where of one SKU: one row per location that has any. The account lists no SKU at zero.
select
    levels.sku,
    levels.inventory_location_id,
    locations.name as location,
    warehouses.name as inventory_warehouse,
    levels.on_hand,
    levels.allocated,
    levels.available
from raw.inventory_levels as levels
left join raw.inventory_locations as locations
    on levels.inventory_location_id = locations.inventory_location_id
    and locations._dlt_valid_to is null
left join raw.inventory_warehouses as warehouses
    on levels.inventory_warehouse_id = warehouses.inventory_warehouse_id
    and warehouses._dlt_valid_to is null
where levels._dlt_valid_to is null and lower(levels.sku) = lower($sku)
order by levels.on_hand desc, locations.name, levels.inventory_location_id
