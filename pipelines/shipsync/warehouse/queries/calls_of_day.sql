-- Calls for tracking in the 24 hours up to $now.
select coalesce(sum(calls), 0)::bigint from ledger.tracking_calls where called_at > $now - to_hours(24)
