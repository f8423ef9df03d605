delete from ledger.tracking_schedule
