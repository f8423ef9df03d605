select min(created_at) from raw.fulfillments where _dlt_valid_to is null
