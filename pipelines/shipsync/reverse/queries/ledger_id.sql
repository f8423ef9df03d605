select ledger_id::varchar as ledger_id
from ledger.identity
