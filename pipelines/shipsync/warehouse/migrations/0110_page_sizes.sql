-- The page size that a list took after it had refused a larger one, as long as it is worth remembering.
create table ledger.page_sizes (
    path varchar primary key,
    accepted integer not null,
    refused integer not null,
    learnt_at timestamptz not null,
    version varchar not null
);
