-- A run that never recorded its end is given the outcome `killed` by the next one. DuckDB cannot change the
-- check of a table, so that the table is made again with the rows that it has.
create temp table runs_before as from ledger.runs;

drop table ledger.runs;

-- One row per run of a command that changes the database.
create table ledger.runs (
    run_id varchar primary key,
    command varchar not null,
    started_at timestamptz not null,
    -- null while the run goes on, and for ever if it was killed
    finished_at timestamptz,
    -- null while the run goes on, or was killed and none has begun since
    outcome varchar check (outcome in ('done', 'failed', 'needs_person', 'killed')),
    requests bigint,
    error varchar
);

insert into ledger.runs by name from runs_before;

drop table runs_before;
