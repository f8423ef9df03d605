-- A database as loads and builds leave it, in small: raw rows with marks, the models over them, and the ledger.
create schema raw;

create schema staging;

create schema core;

create schema changes;

create schema ledger;

create table raw.shipments (
    shipment_id varchar,
    created_at timestamptz,
    modified_at timestamptz,
    shipment_status varchar,
    ship_to_name varchar,
    amount decimal(18, 4),
    content_hash varchar,
    observed_at timestamptz,
    _dlt_load_id varchar,
    _dlt_valid_from timestamptz,
    _dlt_valid_to timestamptz
);

create table raw.shipment_items (
    shipment_id varchar,
    item_index bigint,
    sku varchar,
    content_hash varchar,
    _dlt_load_id varchar
);

create table raw.scans (label_id varchar, occurred_at timestamptz, city varchar, content_hash varchar, _dlt_load_id varchar);

create view staging.stg_shipments as
select
    * exclude (_dlt_load_id, _dlt_valid_from, _dlt_valid_to),
    _dlt_valid_from as valid_from,
    _dlt_valid_to as valid_to,
    _dlt_valid_to is null as is_current,
    _dlt_load_id as load_id
from raw.shipments;

create view core.shipments as
select * exclude (valid_to, is_current)
from staging.stg_shipments
where is_current;

create view core.shipments_history as
select
    *,
    row_number() over (partition by shipment_id order by valid_from, load_id, content_hash) as version_number
from staging.stg_shipments;

create view core.shipment_items as
select * exclude (_dlt_load_id), _dlt_load_id as load_id
from raw.shipment_items;

create table core.tracking_events as
select label_id as parcel_id, occurred_at, city, content_hash, _dlt_load_id as load_id from raw.scans;

-- What follows from no load.
create table core.notes as select 1 as note_id, 'a note' as note;

create table changes.events (
    sequence bigint, event_id varchar, trigger varchar, entity_id varchar, occurred_at timestamptz,
    load_id varchar, changed_fields varchar, before json, after json
);

create view changes.shipments_modified as
select events.*, shipments.shipment_status
from changes.events as events
left join core.shipments as shipments on events.entity_id = shipments.shipment_id
where events.trigger = 'shipment_modified';

create table ledger.last_build (is_complete boolean, recorded_at timestamptz, taken_in json, plan json);

insert into ledger.last_build values (true, now(), '{"sql": "1", "day": "2026-06-01", "rows": {}}', '{}');

create table ledger.privacy (sequence bigint, policy varchar);

create table ledger.restores (restored_at timestamptz);

create table ledger.identity (ledger_id varchar);

insert into ledger.identity values ('this one')
