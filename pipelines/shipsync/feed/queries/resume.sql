delete from ledger.paused_consumers where consumer = $consumer
