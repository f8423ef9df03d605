-- How DuckDB parses a query, as JSON; an error in it when it is no SELECT.
select json_serialize_sql($1)
