-- When the account was read last, by its own clock.
select max(read_at) as read_at from ledger.stream_runs
