select unnest(places) as place, row_key
from ledger.outbox_current
where connection = $connection and kind = $kind
    and state = 'applied' and settled_at > $since
