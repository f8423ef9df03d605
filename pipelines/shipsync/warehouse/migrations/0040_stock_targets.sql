-- How much stock is wanted where, as people said it. Rows are only ever added; the last one said of a
-- place counts.
create sequence ledger.stock_targets_sequence;

create table ledger.stock_targets (
    sequence bigint primary key default nextval('ledger.stock_targets_sequence'),
    recorded_at timestamptz not null,
    -- the file it came from
    source varchar not null,
    sku varchar not null,
    -- an id or a name, as it was given
    location varchar not null,
    -- units on hand; null: nothing is wanted there in particular any more
    target bigint check (target >= 0)
);
