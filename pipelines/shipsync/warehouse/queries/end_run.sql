update ledger.runs set finished_at = ?, outcome = ?, requests = ?, error = ? where run_id = ?
