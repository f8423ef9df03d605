-- How much stock is wanted where, as people said it. Rows are only ever added; the last one said of a
-- place counts.
create sequence ledger.stock_targets_sequence;

create table ledger.stock_targets (
    sequence bigint primary key default nextval('ledger.stock_targets_sequence'),
    recorded_at timestamptz not null,
    -- the file it came from
    source varchar not null,
    sku varchar not null,
    inventory_location_id varchar not null,
    -- units on hand; null: nothing in particular is wanted there any more
    target bigint check (target >= 0)
);
