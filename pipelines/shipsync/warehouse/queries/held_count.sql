select count(*) from query_table(?) where _dlt_valid_to is null
