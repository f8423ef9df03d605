select distinct connection
from ledger.outbox
order by connection
