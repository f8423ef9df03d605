-- What the last build took in, and what dbt does for each model: one row, none before the first build.
create table ledger.last_build (
    -- false while a whole build is at work, and after one that was cut short or failed
    is_complete boolean not null,
    recorded_at timestamptz not null,
    taken_in json not null,
    plan json not null
);
