-- Writes to the account by kind and by what became of them.
select
    kind,
    state,
    count(*) as writes,
    min(planned_at) as oldest_planned_at,
    max(settled_at) as last_settled_at
from ledger.outbox_current
group by kind, state
order by kind, state
