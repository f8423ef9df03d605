-- What was told of what needs a person: one row for each time that a condition began.
create table ledger.alerts (
    alert_id varchar primary key,
    -- the condition and what it concerns, such as stream_stale/labels
    condition_key varchar not null,
    condition varchar not null,
    subject varchar not null,
    -- a sentence for a person, without anything that the account said
    message varchar not null,
    opened_at timestamptz not null,
    -- null until the receiver took the message that it began
    told_at timestamptz,
    -- null while it holds
    closed_at timestamptz,
    -- null until the receiver took the message that it is over; never told if its beginning was not
    over_told_at timestamptz
);

-- How the last message went: one row, or none before the first.
create table ledger.alert_attempts (
    attempted_at timestamptz not null,
    -- how many alerts it told of
    alerts bigint not null,
    -- why it did not arrive; null if it did
    error varchar
);

-- How long each part of a run took: one row for each part, written when the run was at its end.
create table ledger.run_phases (
    run_id varchar not null,
    phase varchar not null,
    started_at timestamptz not null,
    seconds double not null,
    primary key (run_id, phase)
);
