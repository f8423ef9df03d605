-- When the levels were last read whole, also when nothing had changed since the time before:
-- by the account's clock, and by ours.
select read_at, finished_at
from ledger.stream_runs
where stream = 'inventory_levels' and outcome in ('loaded', 'unchanged')
order by finished_at desc
limit 1
