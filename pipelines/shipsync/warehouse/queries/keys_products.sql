select product_id::varchar from raw.products where _dlt_valid_to is null
