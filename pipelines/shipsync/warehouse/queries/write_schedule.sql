insert into ledger.tracking_schedule from planned
