insert into ledger.migrations (name, applied_at) values (?, ?)
