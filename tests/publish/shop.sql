create schema core;

create schema changes;

create table core.shipments as
select
    'se-' || n as shipment_id,
    timestamptz '2026-01-03 00:00:00+00' + to_hours(n::integer) as created_at,
    'pending' as shipment_status,
    (n * 1.25)::decimal(18, 4) as amount,
    null::json as document
from range(2000) as numbers(n);

create table core.shipment_items as
select 'se-' || n as shipment_id, line as item_index, 'SKU-' || (n % 50) as sku, 1.5 as quantity
from range(2000) as numbers(n), range(2) as lines(line);

-- A child without its parent.
insert into core.shipment_items values ('se-gone', 0, 'LOST', 1);

create table core.shipments_history as
select *, created_at as valid_from, null::timestamptz as valid_to from core.shipments;

create table core.tags as select 'tag ' || n as name, n as tag_id from range(5) as numbers(n);

create table core.nothing (id varchar, created_at timestamptz);

create table changes.events as
select n as sequence, timestamptz '2026-01-03 00:00:00+00' + to_hours(n::integer) as occurred_at
from range(1, 101) as numbers(n);

create table core.odd (
    id uuid,
    happened_at timestamp,
    day date,
    huge hugeint,
    whole ubigint,
    weight double,
    is_gift boolean,
    words varchar[],
    box struct(width integer, label varchar),
    document json,
    "a ""name""" varchar
);

insert into core.odd values
(
    '00000000-0000-0000-0000-000000000001', '2026-03-01 23:59:59.5', '2026-03-01', 170141183460469231731687303715,
    18446744073709551615, 0.1, true, ['one', 'two, "three"'], {'width': 3, 'label': 'x'}, '{"a": [1, "é"]}', 'q'
),
(null, null, null, null, null, null, null, null, null, null, null),
('00000000-0000-0000-0000-000000000002', '1999-12-31', null, -1, 0, 'nan', false, [], null, '[]', chr(10) || '\N')
