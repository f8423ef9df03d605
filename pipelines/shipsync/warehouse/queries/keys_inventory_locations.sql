select inventory_location_id from raw.inventory_locations where _dlt_valid_to is null
