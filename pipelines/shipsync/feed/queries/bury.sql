insert into ledger.dead_letters (consumer, sequence, order_key, reason, attempts, recorded_at)
values ($consumer, $sequence, $order_key, $reason, $attempts, $recorded_at)
on conflict (consumer, sequence) do update set
    reason = excluded.reason,
    attempts = dead_letters.attempts + excluded.attempts,
    recorded_at = excluded.recorded_at,
    delivered_at = null
