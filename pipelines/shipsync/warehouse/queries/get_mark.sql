select value from ledger.marks where stream = ? and mark = ?
