insert or replace into ledger.paused_consumers (consumer, reason, paused_at)
values ($consumer, $reason, $paused_at)
