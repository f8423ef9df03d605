with runs as (
    select * from {{ source('ledger_of_metrics', 'runs') }}
),

streams as (
    select * from {{ source('ledger_of_metrics', 'stream_runs') }}
)

select
    streams.run_id,
    streams.stream,
    runs.command,
    runs.started_at,
    streams.outcome,
    streams.read_at,
    streams.finished_at,
    {{ hours_between('streams.read_at', as_of()) }} as lag_hours,
    streams.requests,
    runs.requests as run_requests,
    streams.requests / nullif(runs.requests, 0)::double as request_share,
    streams.rows,
    streams.unchanged,
    streams.stale,
    streams.caught_late,
    streams.error
from streams
inner join runs on streams.run_id = runs.run_id
