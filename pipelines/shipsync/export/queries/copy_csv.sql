copy (select * from query_table($name))
to $file
(format csv, header, use_tmp_file false)
