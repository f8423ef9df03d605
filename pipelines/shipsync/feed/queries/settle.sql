update ledger.dead_letters set delivered_at = $delivered_at
where consumer = $consumer and sequence = $sequence
