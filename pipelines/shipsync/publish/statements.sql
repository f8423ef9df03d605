-- name: changed_rows
-- The hashes that the source has more or less often than the target.
create or replace temp table changed_rows as
select row_hash
from source_rows
full join target_rows using (row_hash)
where source_rows.row_count is distinct from target_rows.row_count

-- name: count_source_rows
-- How many rows the source has.
select coalesce(sum(row_count), 0)::bigint from source_rows

-- name: dlt_all_rows
-- A table at a destination of dlt, which writes the name as that destination has it.
select * from {table}

-- name: ducklake_add_column
alter table {table} add column {column} {kind}

-- name: ducklake_add_file
-- Columns that other accounts have are null in it.
call ducklake_add_data_files('lake', $table, $file, schema => $schema, allow_missing => true)

-- name: ducklake_attach
-- A folder may have been moved since its catalog was made.
attach 'ducklake:shipsync_lake' as lake (override_data_path true)

-- name: ducklake_attach_by_server
-- A few rows would lie in the catalog, where Postgres cannot hold a NUL in a text of a list or an object.
attach 'ducklake:shipsync_lake' as lake (override_data_path true, data_inlining_row_limit 0)

-- name: ducklake_changed_rows
create or replace temp table {changed} as
select row_hash
from read_csv($file, auto_detect = false, header = false, columns = {{'row_hash': 'bigint'}})

-- name: ducklake_clean_up
-- Files that no snapshot has since then.
call ducklake_cleanup_old_files('lake', older_than => $before)

-- name: ducklake_clean_up_all
call ducklake_cleanup_old_files('lake', cleanup_all => true)

-- name: ducklake_columns
-- The columns of a table and their types: one row each, none where there is no such table.
select column_name, data_type
from duckdb_columns()
where database_name = 'lake' and schema_name = $schema and table_name = $name
order by column_index

-- name: ducklake_comment
comment on column {column} is {text}

-- name: ducklake_comment_on_table
comment on table {table} is {text}

-- name: ducklake_count_changed
select count(*) from {table} where {live} and _row_hash in (select row_hash from {changed})

-- name: ducklake_delete_account
delete from {table} where {ours}

-- name: ducklake_delete_marked
delete from {table} where {ours} and _deleted_at is not null

-- name: ducklake_delete_replaced
-- Of the rows that differ those whose key comes again.
delete from {table} as held
where {ours} and held._deleted_at is null
    and held._row_hash in (select row_hash from {changed})
    and exists (select 1 from {new_keys} as new where {same})

-- name: ducklake_delete_returned
-- Rows that were gone and whose key is back.
delete from {table} as held
where {ours} and held._deleted_at is not null and exists (select 1 from {new_keys} as new where {same})

-- name: ducklake_delete_rows
delete from {table} where {ours} and _row_hash in (select row_hash from {changed})

-- name: ducklake_drop_column
alter table {table} drop column {column}

-- name: ducklake_drop_table
drop table {table}

-- name: ducklake_drop_changed
drop table {changed}

-- name: ducklake_end_writing
select pg_advisory_unlock(hashtextextended(%(lake)s || '/', 7230416))

-- name: ducklake_expire
-- Snapshots that are older; the last one stays.
call ducklake_expire_snapshots('lake', older_than => $before)

-- name: ducklake_flush
-- The few rows of small batches, which lie in the catalog, become files.
call ducklake_flush_inlined_data('lake')

-- name: ducklake_insert_rows
insert into {table} by name from incoming

-- name: ducklake_keep_seen
-- What the next batch goes on from; of former batches nobody asks.
update lake._shipsync.published
set seen = case when batch = (select max(batch) from lake._shipsync.published where {ours}) then $seen end
where {ours} and (seen is not null or batch = (select max(batch) from lake._shipsync.published where {ours}))

-- name: ducklake_last_batch
-- The last whole batch: one row, none before the first.
select batch, published_at, event_sequence
from lake._shipsync.published
where {ours}
order by batch desc
limit 1

-- name: ducklake_last_of_all
-- When the last batch of any account was made: one row.
select max(published_at) from lake._shipsync.published

-- name: ducklake_last_seen
select seen from lake._shipsync.published where {ours} order by batch desc limit 1

-- name: ducklake_lock
-- Whether no other publish is at work on a lake whose catalog is in that schema.
select pg_try_advisory_lock(7230416, hashtext(%(lake)s))

-- name: ducklake_lock_account
-- Whether no publish is at work on the whole lake, and none of that account.
select
    pg_try_advisory_lock_shared(7230416, hashtext(%(lake)s)),
    pg_try_advisory_lock(hashtextextended(%(lake)s || '/' || %(account)s, 7230416))

-- name: ducklake_make_batches
create schema if not exists lake._shipsync;
create table lake._shipsync.published (
    batch bigint,
    published_at timestamptz,
    event_sequence bigint,
    tables json,
    seen json
)

-- name: ducklake_make_batches_of_accounts
create schema if not exists lake._shipsync;
create table lake._shipsync.published (
    account varchar,
    batch bigint,
    published_at timestamptz,
    event_sequence bigint,
    tables json,
    seen json
);
alter table lake._shipsync.published set partitioned by (account)

-- name: ducklake_make_schema
create schema if not exists lake.{schema}

-- name: ducklake_make_table
create table {table} as select null::bigint as _row_hash, * from incoming limit 0

-- name: ducklake_make_table_of_accounts
create table {table} as select null::bigint as _row_hash, null::varchar as account, * from incoming limit 0;
alter table {table} set partitioned by (account)

-- name: ducklake_make_new_keys
create or replace temp table {new_keys} as from incoming

-- name: ducklake_mark_removed
-- Of the rows that differ those that are left: their key does not come again.
update {table}
set _deleted_at = $now
where {ours} and _deleted_at is null and _row_hash in (select row_hash from {changed})

-- name: ducklake_merge
call ducklake_merge_adjacent_files('lake')

-- name: ducklake_merge_table
call ducklake_merge_adjacent_files('lake', $table, schema => $schema)

-- name: ducklake_patience
-- A publisher that is stopped in the middle keeps the others waiting no longer than that.
select set_config('lock_timeout', '10min', false)

-- name: ducklake_place
create secret shipsync_lake (
    type ducklake, metadata_path $catalog, data_path $data, metadata_parameters $parameters
)

-- name: ducklake_place_in_schema
create secret shipsync_lake (
    type ducklake,
    metadata_path $catalog,
    metadata_schema $schema,
    data_path $data,
    metadata_parameters $parameters
)

-- name: ducklake_published_tables
-- The tables that batches named and that are still ours: one row each.
select schema_name, table_name
from duckdb_columns()
where database_name = 'lake' and column_name = $column
    and schema_name || '.' || table_name in (
        select unnest(json_keys(tables)) from lake._shipsync.published where {ours}
    )
order by 1, 2

-- name: ducklake_record_batch
insert into lake._shipsync.published (batch, published_at, event_sequence, tables)
values ($batch, $published_at, $event_sequence, $tables)

-- name: ducklake_record_batch_of_account
insert into lake._shipsync.published (account, batch, published_at, event_sequence, tables)
values ($account, $batch, $published_at, $event_sequence, $tables)

-- name: ducklake_remove_orphans
-- Files of batches that were cut off.
call ducklake_delete_orphaned_files('lake', older_than => $before)

-- name: ducklake_rewrite
-- Files most of whose rows are deleted.
call ducklake_rewrite_data_files('lake')

-- name: ducklake_rewrite_table
call ducklake_rewrite_data_files('lake', $table, schema => $schema)

-- name: ducklake_row_hashes
copy (select _row_hash, count(*) from {table} where {live} group by _row_hash) to $file (format csv, header false)

-- name: ducklake_row_groups
-- A small group keeps the columns of wide rows within the memory that may be taken.
call ducklake_set_option('lake', 'parquet_row_group_size', $rows)

-- name: ducklake_server
create secret shipsync_server (
    type postgres, host $host, port $port, database $database, user $user, password $password
)

-- name: ducklake_tables
-- All tables: one row each.
select schema_name, table_name from duckdb_tables() where database_name = 'lake'

-- name: ducklake_tables_of_others
-- The tables that batches of other accounts named: one row each.
select distinct unnest(json_keys(tables)) from lake._shipsync.published where not ({ours})

-- name: ducklake_wait_to_write
select pg_advisory_lock(hashtextextended(%(lake)s || '/', 7230416))

-- name: event_sequence
-- The number of the last event: one row.
select max(sequence)::bigint from query_table($events)

-- name: keep_rows_of_keys
create or replace temp table source_rows_of_keys as from rows_of_keys

-- name: keep_target_rows_of_keys
create or replace temp table target_rows_of_keys as from rows_of_keys

-- name: ledger_tables_of_stamp
-- Whether the tables are there that `stamp` reads: one row.
select count(*) = 4
from duckdb_tables()
where schema_name = 'ledger' and table_name in ('identity', 'last_build', 'privacy', 'restores')

-- name: parent_dates
-- The column of a table that says when each of its rows began, if its first column is the key that is given.
select date_column.column_name
from duckdb_columns() as key_column
inner join duckdb_columns() as date_column using (schema_name, table_name)
where schema_name = $schema and table_name = $name
    and key_column.column_name = $key and key_column.column_index = 1
    and date_column.column_name = 'created_at' and date_column.data_type = 'TIMESTAMP WITH TIME ZONE'

-- name: postgres_add_column
alter table {table} add column {column} {kind}

-- name: postgres_begin_batch
-- Two batches at once would each count what the other has not committed yet.
select pg_advisory_xact_lock(7230415)

-- name: postgres_add_seen
alter table _shipsync.published add column seen json

-- name: postgres_analyze_changed_keys
-- Without a count the server would read the whole table for a few keys.
analyze pg_temp.changed_keys

-- name: postgres_analyze_changed_rows
analyze pg_temp.changed_rows

-- name: postgres_clear_changed_rows
truncate pg_temp.changed_rows

-- name: postgres_columns
-- The columns of a table and their types: one row each, none where there is no such table.
select attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
from pg_catalog.pg_attribute as attribute
inner join pg_catalog.pg_class as relation on attribute.attrelid = relation.oid
inner join pg_catalog.pg_namespace as namespace on relation.relnamespace = namespace.oid
where namespace.nspname = %(schema)s and relation.relname = %(name)s
    and attribute.attnum > 0 and not attribute.attisdropped
order by attribute.attnum

-- name: postgres_comment
comment on column {column} is {text}

-- name: postgres_copy_in
copy {table} ({columns}) from stdin (format csv, null '\N')

-- name: postgres_copy_out
copy (select {columns} from {table} where {live}) to stdout (format csv, null '\N')

-- name: postgres_copy_rows_of_keys
copy (
    select {columns} from {table} where {live} and {key} in (select changed_key from pg_temp.changed_keys)
) to stdout (format csv, null '\N')

-- name: postgres_copy_row_hashes
copy (select _row_hash, count(*) from {table} where {live} group by _row_hash) to stdout (format csv)

-- name: postgres_comment_on_table
comment on table {table} is {text}

-- name: postgres_delete_marked
delete from {table} where _deleted_at is not null

-- name: postgres_delete_replaced
-- Of the rows that differ those whose key comes again.
delete from {table} as held
using pg_temp.changed_rows as changed, pg_temp.new_keys as new
where held._deleted_at is null and held._row_hash = changed.row_hash and {same}

-- name: postgres_delete_returned
-- Rows that were gone and whose key is back.
delete from {table} as held using pg_temp.new_keys as new where held._deleted_at is not null and {same}

-- name: postgres_delete_rows
delete from {table} as held using pg_temp.changed_rows as changed where held._row_hash = changed.row_hash

-- name: postgres_drop_batches
drop table _shipsync.published

-- name: postgres_drop_column
alter table {table} drop column {column}

-- name: postgres_drop_constraint
alter table {table} drop constraint {constraint}

-- name: postgres_drop_new_keys
drop table if exists pg_temp.new_keys

-- name: postgres_drop_changed_keys
drop table if exists pg_temp.changed_keys

-- name: postgres_drop_table
drop table {table}

-- name: postgres_has_batches
-- Whether any batch was ever begun there: one row.
select to_regclass('_shipsync.published') is not null

-- name: postgres_index
create index on {table} (_row_hash)

-- name: postgres_index_of_keys
create index if not exists {index} on {table} ({key})

-- name: postgres_key
-- The key that a batch gave to a table, and its columns in their order: one row, none where there is none.
select constraint_of.conname, array_agg(attribute.attname::text order by part.place)
from pg_catalog.pg_constraint as constraint_of
cross join lateral unnest(constraint_of.conkey) with ordinality as part (number, place)
inner join pg_catalog.pg_attribute as attribute
    on constraint_of.conrelid = attribute.attrelid and part.number = attribute.attnum
where constraint_of.conrelid = to_regclass(%(table)s) and constraint_of.conname = %(constraint)s
group by constraint_of.conname

-- name: postgres_make_key
alter table {table} add constraint {constraint} {kind} ({columns})

-- name: postgres_keep_seen
-- What the next batch goes on from; of former batches nobody asks.
update _shipsync.published
set seen = case when batch = (select max(batch) from _shipsync.published) then %(seen)s::json end
where seen is not null or batch = (select max(batch) from _shipsync.published)

-- name: postgres_last_batch
-- The last whole batch: one row, none before the first.
select batch, published_at, event_sequence from _shipsync.published order by batch desc limit 1

-- name: postgres_make_batches
create schema if not exists _shipsync;
create table if not exists _shipsync.published (
    batch bigint primary key,
    published_at timestamptz not null default now(),
    event_sequence bigint,
    tables json not null,
    seen json
)

-- name: postgres_make_changed_keys
create temporary table changed_keys on commit drop as select {key} as changed_key from {table} limit 0

-- name: postgres_make_changed_rows
create temporary table changed_rows (row_hash bigint not null) on commit drop

-- name: postgres_make_new_keys
create temporary table new_keys on commit drop as select _row_hash, {columns} from {table} limit 0

-- name: postgres_make_schema
create schema if not exists {schema}

-- name: postgres_make_table
create table {table} (_row_hash bigint not null)

-- name: postgres_last_seen
select seen::text from _shipsync.published order by batch desc limit 1

-- name: postgres_mark_removed
-- Of the rows that differ those that are left: their key does not come again.
update {table} as held
set _deleted_at = now()
from pg_temp.changed_rows as changed
where held._deleted_at is null and held._row_hash = changed.row_hash

-- name: postgres_analyze_new_keys
analyze pg_temp.new_keys

-- name: postgres_published_tables
-- The tables that batches named and that are still ours: one row each.
select namespace.nspname, relation.relname
from pg_catalog.pg_class as relation
inner join pg_catalog.pg_namespace as namespace on relation.relnamespace = namespace.oid
inner join pg_catalog.pg_attribute as attribute on attribute.attrelid = relation.oid
where relation.relkind = 'r' and attribute.attname = %(column)s and not attribute.attisdropped
    and namespace.nspname || '.' || relation.relname in (
        select json_object_keys(tables) from _shipsync.published
    )
order by 1, 2

-- name: postgres_read_in_utc
-- Instants and days in the texts are read with this zone and in this order.
set local timezone to 'UTC';
set local datestyle to 'ISO, YMD';
set local extra_float_digits to 3

-- name: postgres_record_batch
insert into _shipsync.published (batch, event_sequence, tables)
select coalesce(max(batch), 0) + 1, %(event_sequence)s, %(tables)s from _shipsync.published
returning batch

-- name: source_columns
-- Every table and view with its columns in their order: one row each.
select schema_name || '.' || table_name, list(column_name order by column_index)
from duckdb_columns()
where not internal
group by all

-- name: source_comment
-- The comment on a table or view: one row or none.
select comment
from (
    select schema_name, table_name, comment from duckdb_tables()
    union all
    select schema_name, view_name, comment from duckdb_views()
)
where schema_name = $schema and table_name = $name and comment is not null

-- name: source_comments
-- The comments on columns of a table or view: one row each.
select column_name, comment
from duckdb_columns()
where schema_name = $schema and table_name = $name and comment is not null

-- name: source_rows
-- How often each row is there, by a hash of all its values; signed, for Postgres has no other integers.
create or replace temp table source_rows as
select (hash(source)::hugeint - 9223372036854775808)::bigint as row_hash, count(*) as row_count
from query_table($table) as source
group by all

-- name: source_rows_of_keys
create or replace temp table source_rows as
select _row_hash as row_hash, count(*) as row_count
from source_rows_of_keys
group by all

-- name: stamp
-- Whether the last build ended well, what it took in, and what else stored rows follow from: one row or none.
select
    last_build.is_complete,
    last_build.taken_in,
    (select max(sequence) from ledger.privacy),
    (select count(*) from ledger.restores),
    (select max(ledger_id) from ledger.identity)
from ledger.last_build

-- name: target_rows
-- What the target told of its rows.
create or replace temp table target_rows as
select row_hash, row_count
from read_csv($file, auto_detect = false, delim = ',', header = false, columns = {'row_hash': 'bigint', 'row_count': 'bigint'})

-- name: target_rows_of_keys
create or replace temp table target_rows as
select _row_hash as row_hash, count(*) as row_count
from target_rows_of_keys
group by all

-- name: write_changed_rows
copy (select row_hash from changed_rows) to $file (format csv, header false)
