select sku, inventory_location_id, inventory_warehouse_id from raw.inventory_levels where _dlt_valid_to is null
