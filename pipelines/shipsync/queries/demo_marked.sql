-- Whether the demo made this file.
select count(*) from information_schema.tables
where table_schema = 'main' and table_name = 'demo_account'
