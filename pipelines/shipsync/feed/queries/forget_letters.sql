-- What is read again from a number on is no longer dead.
delete from ledger.dead_letters
where consumer = $consumer and sequence >= $sequence and delivered_at is null
