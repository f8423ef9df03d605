delete from ledger.marks where stream = ? and mark = ?
