-- Dead letters of one consumer that are still open, in order: one row per event.
select sequence, order_key, reason, attempts, recorded_at
from ledger.dead_letters
where consumer = $consumer and delivered_at is null
order by sequence
