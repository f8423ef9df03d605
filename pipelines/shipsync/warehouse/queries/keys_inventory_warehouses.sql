select inventory_warehouse_id from raw.inventory_warehouses where _dlt_valid_to is null
