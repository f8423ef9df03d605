-- Every parcel that may still be asked for, with what is known of it and what the policy made of that; brought up
-- to date by what changed. It has no key: to write 137,604 rows under one took seven seconds, without it 0.2.
-- next_poll_at is null for what was delivered lately and is not asked for any more: it still tells whether
-- lists of labels tell of deliveries.
drop table ledger.tracking_schedule;

create table ledger.followed_parcels (
    parcel_id varchar not null,
    label_id varchar not null,
    created_at timestamptz not null,
    carrier_code varchar,
    says_delivered boolean not null,
    label_changed_at timestamptz,
    delivered_at timestamptz,
    state varchar not null,
    polled_at timestamptz,
    changed_at timestamptz,
    next_poll_at timestamptz,
    every_seconds bigint,
    why varchar,
    is_urgent boolean not null
);

-- Loads of raw tables that followed_parcels has taken in.
create table ledger.followed_loads (
    raw_table varchar not null,
    load_id varchar not null
);

-- One row: the account's time of the last plan, and before when a label never asked for is left to spare calls.
create table ledger.tracking_planned (
    planned_at timestamptz not null,
    backlog_before timestamptz not null
);

-- When each parcel that isn't finished will be asked for, and why.
create view ledger.tracking_schedule as
select
    followed.parcel_id as label_id,
    followed.state,
    followed.created_at,
    followed.changed_at as heard_at,
    followed.polled_at as last_polled_at,
    followed.next_poll_at,
    followed.why,
    planned.planned_at
from ledger.followed_parcels as followed
cross join ledger.tracking_planned as planned
where
    followed.next_poll_at is not null
    and followed.state <> 'delivered'
    and (followed.polled_at is not null or followed.created_at >= planned.backlog_before);
