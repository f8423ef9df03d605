-- The places stock is counted in, as held: one row per location.
with

stock as (
    select
        inventory_location_id,
        count(*) as skus,
        sum(on_hand)::bigint as on_hand
    from raw.inventory_levels
    where _dlt_valid_to is null
    group by inventory_location_id
)

select
    locations.inventory_location_id,
    locations.name,
    warehouses.name as inventory_warehouse,
    coalesce(stock.skus, 0) as skus,
    coalesce(stock.on_hand, 0) as on_hand
from raw.inventory_locations as locations
left join raw.inventory_warehouses as warehouses
    on warehouses.inventory_warehouse_id = locations.inventory_warehouse_id
    and warehouses._dlt_valid_to is null
left join stock on stock.inventory_location_id = locations.inventory_location_id
where locations._dlt_valid_to is null
order by inventory_warehouse, locations.name, locations.inventory_location_id
