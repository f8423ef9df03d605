select content_hash from query_table(?) where _dlt_valid_to is null
