-- Which policy for personal data the stored rows are under; the last row counts.
create sequence ledger.privacy_sequence;

create table ledger.privacy (
    sequence bigint primary key default nextval('ledger.privacy_sequence'),
    recorded_at timestamptz not null,
    policy varchar not null check (policy in ('keep', 'hash', 'drop')),
    -- tells the key of the hashes from another one, without telling the key
    key_name varchar not null,
    -- whether the file was written anew since, without what was removed
    is_compacted boolean not null
);
