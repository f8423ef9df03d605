-- name: ledger_tables
select table_name from information_schema.tables where table_schema = 'ledger'

-- name: failed_runs
-- The last ended run of each command, if it failed or was killed, with the streams that failed in it.
-- `sync` is part of `run`: a good one of either is good.
with

ended as (
    select run_id, if(command = 'sync', 'run', command) as kind, command, outcome, started_at
    from ledger.runs
    where outcome is not null
),

latest as (
    select *
    from ended
    qualify row_number() over (partition by kind order by started_at desc, run_id desc) = 1
)

select
    latest.command,
    latest.run_id,
    latest.outcome,
    latest.started_at,
    list(stream_runs.stream order by stream_runs.stream) filter (where stream_runs.outcome = 'failed')
from latest
left join ledger.stream_runs as stream_runs using (run_id)
where latest.outcome in ('failed', 'killed') and latest.kind in ('run', 'build', 'reconcile')
group by latest.command, latest.run_id, latest.outcome, latest.started_at

-- name: last_good_run
select max(finished_at) filter (where outcome in ('done', 'needs_person'))
from ledger.runs
where command in ('run', 'sync')

-- name: stream_ages
-- When each stream was last read well, how its last run went, and when a run last ended well at all.
with

last_good as (
    select max(finished_at) as last_run from ledger.stream_runs where outcome in ('loaded', 'unchanged')
)

select
    stream_runs.stream,
    max(stream_runs.finished_at) filter (where stream_runs.outcome in ('loaded', 'unchanged')),
    arg_max(stream_runs.outcome, (stream_runs.finished_at, stream_runs.run_id)),
    any_value(last_good.last_run)
from ledger.stream_runs as stream_runs
cross join last_good
where last_good.last_run is not null
group by stream_runs.stream

-- name: quarantined
select stream, count(*), min(first_seen_at)
from ledger.quarantine
where resolved_at is null
group by stream

-- name: dead_letters
select consumer, count(*), min(recorded_at)
from ledger.dead_letters
where delivered_at is null
group by consumer

-- name: paused
select consumer, paused_at from ledger.paused_consumers

-- name: unknown_writes
-- Writes whose outcome nobody knows; one on its way since before $sent_before was left there by a crash.
select kind, count(*), min(coalesce(sent_at, planned_at))
from ledger.outbox_current
where state = 'unknown' or (state = 'sending' and sent_at < $sent_before)
group by kind

-- name: restores_held
select taken_at, restored_at from ledger.restores where released_at is null order by restored_at desc limit 1

-- name: calls_of_day
select coalesce(sum(calls), 0)::bigint from ledger.tracking_calls where called_at > $now - to_hours(24)

-- name: untold
-- What a message must say: conditions that began and were not told, and those that were and are over.
select alert_id, condition_key, condition, subject, message, opened_at, closed_at
from ledger.alerts
where (told_at is null and closed_at is null) or (told_at is not null and closed_at is not null and over_told_at is null)
order by opened_at, alert_id

-- name: open
select alert_id, condition_key, condition, subject, message, opened_at, told_at
from ledger.alerts
where closed_at is null
order by opened_at, alert_id

-- name: open_alert
insert into ledger.alerts (alert_id, condition_key, condition, subject, message, opened_at, told_at)
values ($alert_id, $condition_key, $condition, $subject, $message, $opened_at, $told_at)
on conflict (alert_id) do nothing

-- name: renew_message
update ledger.alerts set message = $message where alert_id = $alert_id

-- name: close_alert
update ledger.alerts set closed_at = $closed_at where alert_id = $alert_id

-- name: mark_told
update ledger.alerts set
    told_at = if(closed_at is null, $at, told_at),
    over_told_at = if(closed_at is null, over_told_at, $at)
where list_contains($alert_ids::varchar[], alert_id)

-- name: record_attempt
insert into ledger.alert_attempts (attempted_at, alerts, error) values ($attempted_at, $alerts, $error)

-- name: forget_attempts
delete from ledger.alert_attempts
where attempted_at < (select max(attempted_at) from ledger.alert_attempts)

-- name: last_attempt
select attempted_at, error from ledger.alert_attempts order by attempted_at desc limit 1
