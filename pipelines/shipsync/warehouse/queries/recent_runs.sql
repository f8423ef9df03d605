select run_id, command, started_at, finished_at, outcome, requests, error
from ledger.runs
order by started_at desc, run_id desc
limit ?
