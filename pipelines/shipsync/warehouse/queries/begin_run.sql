insert into ledger.runs (run_id, command, started_at) values (?, ?, ?)
