-- Calls for tracking, added up by answer: what a day has taken of its budget. A row for each load.
create table ledger.tracking_calls (
    called_at timestamptz not null,
    calls bigint not null
);

-- When each parcel that isn't finished will be asked for, and why; written anew by each sync.
create table ledger.tracking_schedule (
    label_id varchar primary key,
    state varchar not null,
    created_at timestamptz not null,
    heard_at timestamptz,
    last_polled_at timestamptz,
    next_poll_at timestamptz not null,
    why varchar not null,
    planned_at timestamptz not null
);

-- Calls that the policy spared this run: parcels not finished and not due. And those it could not afford.
alter table ledger.stream_runs add column calls_saved bigint default 0;
alter table ledger.stream_runs add column calls_put_off bigint default 0;
