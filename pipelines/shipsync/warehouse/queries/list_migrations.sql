select name from ledger.migrations
