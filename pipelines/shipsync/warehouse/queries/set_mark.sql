insert or replace into ledger.marks (stream, mark, value, recorded_at) values (?, ?, ?, ?)
