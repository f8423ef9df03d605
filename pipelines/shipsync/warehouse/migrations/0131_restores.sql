-- Times that this database was put in place from a backup: what was sent to the account between the two
-- instants is not in its ledger.
create table ledger.restores (
    restored_at timestamptz not null,
    -- when the backup was taken
    taken_at timestamptz not null,
    -- null until a person says that what was sent in between is accounted for, and on what that rests
    released_at timestamptz,
    because varchar
);
