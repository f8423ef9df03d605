select carrier_id from raw.carriers where _dlt_valid_to is null
