-- Rows of incremental lists that the account knows no more: when their last version ended, and why. A row may
-- come back and go again; `times` counts how often it has gone.
create table ledger.gone (
    stream varchar not null,
    entity_id varchar not null,
    times bigint not null,
    -- _dlt_valid_to of the version that ended
    closed_at timestamptz not null,
    -- the account's time in the run that found it out
    found_at timestamptz not null,
    closed_because varchar not null check (closed_because in ('gone', 'merged')),
    -- the id under which the account answers now
    merged_into varchar,
    run_id varchar,
    primary key (stream, entity_id, times)
);
