insert into ledger.tracking_calls (called_at, calls) values ($called_at, $calls)
