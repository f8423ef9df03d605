select warehouse_id from raw.warehouses where _dlt_valid_to is null
