-- What could not be used of the account's answers: a row, parcel, level, page or webhook, set aside so that
-- the rest could be loaded. One row for each such thing, brought up to date whenever it is met again.
create table ledger.quarantine (
    -- hash of stream and id; of stream and body where it has no id
    quarantine_id varchar primary key,
    stream varchar not null,
    -- its own id (parts of a key joined by "/"), null if it has none; where it stood in its answer, from 1
    row_id varchar,
    position bigint,
    -- a whole sentence for a person
    reason varchar not null,
    -- as it came, as JSON, treated as personal_data says and cut at 10,000 characters
    body varchar,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    times_seen bigint not null,
    -- the run that met it last
    run_id varchar,
    -- null while it waits; how it left: 'came right' (it was loaded) or 'gone' (the account shows it no more)
    resolved_at timestamptz,
    resolution varchar check (resolution in ('came right', 'gone'))
);
