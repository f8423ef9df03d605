select min(created_at) from raw.labels where _dlt_valid_to is null
