select min(modified_at) from raw.shipments where _dlt_valid_to is null
