-- One row per run of a command that changes the database.
create table ledger.runs (
    run_id varchar primary key,
    command varchar not null,
    started_at timestamptz not null,
    -- null while the run goes on, and for ever if it was killed
    finished_at timestamptz,
    outcome varchar check (outcome in ('done', 'failed', 'needs_person')),
    requests bigint,
    error varchar
);

-- One row per stream that a run took up, written when the stream was through with.
create table ledger.stream_runs (
    run_id varchar not null,
    stream varchar not null,
    outcome varchar not null check (outcome in ('loaded', 'unchanged', 'skipped', 'failed')),
    -- the server's clock when the stream was read: what is held is what the account showed then
    read_at timestamptz,
    finished_at timestamptz not null,
    -- entities handed to the load; entities met that were held already; answers older than what is held
    rows bigint not null,
    unchanged bigint not null,
    stale bigint not null,
    -- changes that the order of the list had hidden and the trailing sweep found
    caught_late bigint not null,
    pages bigint not null,
    requests bigint not null,
    packages bigint not null,
    -- values that no column takes, by table and path
    extras json,
    error varchar,
    primary key (run_id, stream)
);

-- How far a stream's walks have come, where dlt's own cursor can't say it.
create table ledger.marks (
    stream varchar not null,
    mark varchar not null,
    value json not null,
    recorded_at timestamptz not null,
    primary key (stream, mark)
);

-- When a label's tracking was asked for last, and when the answer last differed.
create table ledger.tracking_polls (
    label_id varchar primary key,
    polled_at timestamptz not null,
    changed_at timestamptz not null,
    polls bigint not null
);
