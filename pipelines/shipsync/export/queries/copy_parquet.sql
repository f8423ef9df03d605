copy (select * from query_table($name))
to $file
-- A small group keeps the columns of wide rows within the memory the database may take.
(format parquet, compression zstd, row_group_size 16384, use_tmp_file false)
