select name from raw.tags where _dlt_valid_to is null
