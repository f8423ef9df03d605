-- When the account's shipments and labels were both read last, by its own clock: one row.
select min(read_at) as read_at
from (
    select stream, max(read_at) as read_at
    from ledger.stream_runs
    where stream in ('shipments', 'labels') and outcome in ('loaded', 'unchanged')
    group by stream
    having max(read_at) is not null
)
