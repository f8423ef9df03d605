select * from query_table($model)
