create table if not exists ledger.migrations (name varchar primary key, applied_at timestamptz not null)
