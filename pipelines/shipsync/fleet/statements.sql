-- name: make_account_runs
create table if not exists account_runs (
    account text not null,
    outcome text not null,
    is_good boolean not null,
    exit_code integer not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    requests bigint,
    rows bigint,
    read_up_to timestamptz,
    said text not null
)

-- name: put_account_run
insert into account_runs by name
select
    $account as account,
    $outcome as outcome,
    $is_good as is_good,
    $exit_code as exit_code,
    $started_at::timestamptz as started_at,
    $finished_at::timestamptz as finished_at,
    $requests as requests,
    $rows as rows,
    $read_up_to::timestamptz as read_up_to,
    $said as said

-- name: last_ended
select account, max(finished_at) from account_runs group by account

-- name: fleet_status
-- A run that met another at work on its account is neither good nor failed.
with

ends as (
    select
        account,
        max(finished_at) filter (is_good) as good_at,
        max(read_up_to) as read_up_to
    from account_runs
    group by account
),

failures as (
    select runs.account, count(*) as failed_since
    from account_runs as runs
    inner join ends on runs.account = ends.account
    where
        not runs.is_good
        and runs.outcome <> 'at work already'
        and (ends.good_at is null or runs.finished_at > ends.good_at)
    group by runs.account
),

days as (
    select
        account,
        count(*) as day_runs,
        sum(requests)::bigint as day_requests,
        sum(epoch(finished_at - started_at)) as day_seconds
    from account_runs
    where finished_at > $now::timestamptz - interval 24 hours
    group by account
),

last_runs as (
    select *
    from account_runs
    qualify row_number() over (partition by account order by finished_at desc, started_at desc) = 1
)

select
    last_runs.account,
    last_runs.outcome,
    last_runs.finished_at,
    epoch(last_runs.finished_at - last_runs.started_at) as seconds,
    last_runs.requests,
    last_runs.rows,
    epoch($now::timestamptz - ends.read_up_to) as lag_seconds,
    ends.good_at,
    coalesce(failures.failed_since, 0) as failed_since,
    coalesce(days.day_runs, 0) as day_runs,
    days.day_requests,
    days.day_seconds,
    last_runs.said
from last_runs
inner join ends on last_runs.account = ends.account
left join failures on last_runs.account = failures.account
left join days on last_runs.account = days.account
order by failed_since desc, lag_seconds desc nulls first, last_runs.account
