create schema core;

create schema changes;

create schema odd;

create table core.values (
    id varchar,
    happened_at timestamptz,
    local_at timestamp,
    day date,
    money decimal(18, 4),
    quantity bigint,
    small integer,
    weight double,
    is_gift boolean,
    document json,
    words varchar[],
    box struct(width integer, label varchar)
);

insert into core.values values
(
    'se-1', '2026-03-01 07:30:00.123456+00', '2026-03-01 23:59:59.5', '2026-03-01',
    12345678901234.5678, 9007199254740993, -2, 0.1, true,
    '{"a": [1, "é"]}', ['one', 'two, "three"'], {'width': 3, 'label': 'x'}
),
('se-2', null, null, null, null, null, null, null, null, null, null, null),
('', '1999-12-31 23:59:59+00', null, null, -0.0001, 0, 0, -1.5, false, '[]', [], null);

create table core.nothing (id varchar, happened_at timestamptz);

create table core.many as
select range as id, 'row ' || range as name from range(25000);

create view core.recent as select id, happened_at from core.values where happened_at > '2020-01-01';

create table changes.events as select range as sequence from range(7);

create view changes.pending_changes as select sequence from changes.events;

create table odd."we ird;na.me" as select 1 as id;

create table odd."../up" as select 2 as id
