-- How many rows a table or view holds.
select count(*) from query_table($name)
