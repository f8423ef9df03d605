-- How far each consumer of the change events has come; one row per consumer.
create table ledger.consumers (
    consumer varchar primary key,
    -- every event up to this sequence has been taken care of; 0 before the first
    acknowledged bigint not null check (acknowledged >= 0),
    changed_at timestamptz not null
);
