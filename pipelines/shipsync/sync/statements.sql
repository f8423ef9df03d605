-- name: calls_of_day
-- Calls for tracking in the 24 hours up to $now.
select coalesce(sum(calls), 0)::bigint from ledger.tracking_calls where called_at > $now - to_hours(24)

-- name: carriers_of
select parcels.parcel_id, coalesce(labels.carrier_code, '')
from (select unnest($parcel_ids) as parcel_id) as parcels
inner join raw.labels as labels
    on split_part(parcels.parcel_id, '/', 1) = labels.label_id and labels._dlt_valid_to is null

-- name: clear_state
delete from ledger.marks where stream = ? and mark = ?

-- name: current_rows
-- Current rows of a table with history, each with its number.
select rowid as row_number, *
from raw.this_table
where this_key::varchar in (select unnest($ids::varchar[])) and _dlt_valid_to is null

-- name: current_lines
select rowid as row_number, * from raw.this_table where this_key in (select unnest($ids::varchar[]))

-- name: delete_lines
delete from raw.this_table where this_key in (select unnest($ids::varchar[]))

-- name: delete_rows
delete from raw.this_table where rowid in (select unnest($rows::bigint[]))

-- name: end_versions
update raw.this_table set _dlt_valid_to = $at
where _dlt_valid_to is null and this_key in (select unnest($ids::varchar[]))

-- name: end_rows
update raw.this_table set _dlt_valid_to = $at where rowid in (select unnest($rows::bigint[]))

-- name: get_state
select value from ledger.marks where stream = ? and mark = ?

-- name: known_page_sizes
-- Page sizes that this version learnt since $since; what was learnt in the future, by a wrong clock, is not known.
select path, accepted, refused
from ledger.page_sizes
where version = $version and learnt_at between $since and $now

-- name: newest_ids
-- The ids of the rows that changed or came last.
select columns(lambda name: name = $key)::varchar
from query_table($table)
where _dlt_valid_to is null
order by columns(lambda name: name = $column) desc nulls last
limit $most

-- name: open_shipments
-- One row per status of shipments whose last version is open: the current ones, and those that went since $since
-- and may come back.
select
    shipment_status,
    count(*) filter (where _dlt_valid_to is null) as current_rows,
    min(created_at) filter (where _dlt_valid_to is null) as oldest
from raw.shipments
where
    shipment_status in (select unnest($statuses::varchar[]))
    and (
        _dlt_valid_to is null
        or (shipment_id, _dlt_valid_to) in (
            select entity_id, closed_at
            from ledger.gone
            where stream = 'shipments' and found_at > $since
        )
    )
group by shipment_status

-- name: open_shipments_not_met
-- The ids of current open shipments that are not among `met_open_rows`, a table of row_id, ascending.
select shipment_id
from raw.shipments
where
    shipment_status in (select unnest($statuses::varchar[]))
    and _dlt_valid_to is null
    and shipment_id not in (select row_id from met_open_rows)
order by shipment_id

-- name: pending_hints
-- Hints of one stream that no sync has read, oldest first: one row per hint.
select hints.hint_id, hints.query, hints.signed_at, hints.tracking, polls.polled_at
from ledger.hints as hints
left join ledger.tracking_polls as polls on polls.label_id = (hints.query ->> 'label_id')
where hints.stream = $stream and hints.taken_at is null
order by hints.signed_at nulls first, hints.recorded_at, hints.hint_id

-- name: recent_runs
select run_id, command, started_at, finished_at, outcome, requests, error
from ledger.runs
order by started_at desc, run_id desc
limit ?

-- name: put_page_size
insert or replace into ledger.page_sizes by name
select
    $path as path,
    $accepted::integer as accepted,
    $refused::integer as refused,
    $learnt_at::timestamptz as learnt_at,
    $version as version

-- name: record_calls
insert into ledger.tracking_calls (called_at, calls) values ($called_at, $calls)

-- name: record_gone
insert into ledger.gone (
    stream, entity_id, times, closed_at, found_at, closed_because, merged_into, run_id
)
select
    $stream,
    $entity_id,
    count(*) + 1,
    $closed_at,
    $found_at,
    $closed_because,
    $merged_into,
    $run_id
from ledger.gone
where stream = $stream and entity_id = $entity_id

-- name: record_poll
insert into ledger.tracking_polls (label_id, polled_at, changed_at, polls)
select
    polled.label_id,
    $polled_at,
    -- an answer met for the first time says when the parcel last moved
    least($polled_at, coalesce(max(events.occurred_at), max(labels.created_at), $polled_at)),
    1
from (select unnest($label_ids) as label_id) as polled
left join raw.labels as labels
    on split_part(polled.label_id, '/', 1) = labels.label_id and labels._dlt_valid_to is null
left join raw.tracking_events as events on polled.label_id = events.label_id
group by polled.label_id
on conflict (label_id) do update set
    polled_at = excluded.polled_at,
    changed_at = case
        when list_contains($changed, tracking_polls.label_id) then excluded.polled_at
        else tracking_polls.changed_at
    end,
    polls = tracking_polls.polls + 1,
    failures = 0,
    last_error = null

-- name: record_failed_poll
insert into ledger.tracking_polls (label_id, polled_at, changed_at, polls, failures, last_error)
select
    $label_id,
    $polled_at,
    least($polled_at, coalesce(max(created_at), $polled_at)),
    1,
    1,
    $error
from raw.labels
where _dlt_valid_to is null and label_id = split_part($label_id, '/', 1)
on conflict (label_id) do update set
    polled_at = excluded.polled_at,
    polls = tracking_polls.polls + 1,
    failures = coalesce(tracking_polls.failures, 0) + 1,
    last_error = excluded.last_error

-- name: record_stream_run
insert or replace into ledger.stream_runs (
    run_id, stream, outcome, read_at, finished_at, rows, unchanged, stale, caught_late, pages, requests,
    packages, extras, error, calls_saved, calls_put_off
) values (
    $run_id, $stream, $outcome, $read_at, $finished_at, $rows, $unchanged, $stale, $caught_late, $pages,
    $requests, $packages, $extras, $error, $calls_saved, $calls_put_off
)

-- name: set_state
insert or replace into ledger.marks (stream, mark, value, recorded_at) values (?, ?, ?, ?)

-- name: stored_count
select count(*)
from query_table($table)
where
    _dlt_valid_to is null
    and ($start is null or columns(lambda name: name = $column) > $start)
    and ($end is null or columns(lambda name: name = $column) <= $end)

-- name: stored_extent
-- How many rows are current, and the smallest and the largest value of a column in them.
select
    count(*) as rows,
    min(columns(lambda name: name = $column)) as smallest,
    max(columns(lambda name: name = $column)) as largest
from query_table($table)
where _dlt_valid_to is null

-- name: stored_ids
-- The ids of entities whose cursor lies after $start, up to $end.
select columns(lambda name: name = $key)::varchar
from query_table($table)
where
    _dlt_valid_to is null
    and ($start is null or columns(lambda name: name = $column) > $start)
    and ($end is null or columns(lambda name: name = $column) <= $end)

-- name: stored_hashes
select content_hash from query_table($table) where _dlt_valid_to is null

-- name: stored_keys
-- The columns come in the order of the table.
select columns(lambda name: list_contains($key, name))::varchar
from query_table($table)
where _dlt_valid_to is null

-- name: stored_rows
select * from query_table($table) where _dlt_valid_to is null

-- name: stored_versions
with

stored as (
    select
        columns(lambda name: name = $key) as key,
        content_hash,
        columns(lambda name: name = $changed) as changed_at,
        observed_at,
        _dlt_load_id
    from query_table($table)
    where _dlt_valid_to is null and columns(lambda name: name = $key) in (select unnest($ids))
)

select
    stored.key,
    stored.content_hash,
    stored.changed_at,
    stored.observed_at,
    coalesce(loads.status = 0, false) as is_whole
from stored
left join raw._dlt_loads as loads on stored._dlt_load_id = loads.load_id

-- name: stream_runs
select
    stream,
    max(read_at) filter (where outcome in ('loaded', 'unchanged')) as read_up_to,
    max(finished_at) filter (where outcome in ('loaded', 'unchanged')) as last_good_run_at,
    coalesce(sum(requests), 0) as requests,
    coalesce(arg_max(requests, finished_at), 0) as requests_last_run,
    arg_max(outcome, finished_at) as last_outcome,
    arg_max_null(error, finished_at) as last_error,
    coalesce(sum(calls_saved), 0) as calls_saved,
    coalesce(arg_max(calls_put_off, finished_at), 0) as calls_put_off
from ledger.stream_runs
group by stream

-- name: take_hints
-- What a body said of a parcel is in the raw tables now, treated as personal data are to be.
update ledger.hints set taken_at = $taken_at, tracking = null
where list_contains($hint_ids::varchar[], hint_id)

-- name: last_account_time
-- The account's own time in the last run that knows it.
select max(read_at) from ledger.stream_runs

-- name: copy_database
copy from database old to new

-- name: derived_tables
-- Tables that models keep texts in and a full build makes again: neither events nor seeds.
select table_schema, table_name
from information_schema.tables
where
    table_type = 'BASE TABLE'
    and table_schema in ('raw_staging', 'staging', 'core', 'changes', 'tracking', 'reverse', 'metrics')
    and table_name not like '\_dlt%' escape '\'
    and (table_schema, table_name) <> ('changes', 'events')
    and table_name not in ('tracking_codes', 'tracking_states', 'processed_loads', 'taken_loads', 'as_of')

-- name: events_table
select table_name
from information_schema.tables
where table_schema = 'changes' and table_name = 'events'

-- name: privacy_in_force
select policy, key_name, is_compacted
from ledger.privacy
order by sequence desc
limit 1

-- name: raw_tables
select table_name
from information_schema.tables
where table_schema = 'raw'

-- name: record_privacy
insert into ledger.privacy (recorded_at, policy, key_name, is_compacted)
values ($recorded_at, $policy, $key_name, $is_compacted)

-- name: redact_hints
update ledger.hints
set tracking = null
where tracking is not null

-- name: redact_quarantine
-- A reason may quote what the account answered.
update ledger.quarantine
set
    body = null,
    reason = $reason

-- name: forget_errors_of_runs
update ledger.runs
set error = $said
where error is not null

-- name: forget_errors_of_streams
-- Fields that no column takes are named in extras.
update ledger.stream_runs
set
    error = if(error is null, null, $said),
    extras = null
where error is not null or extras is not null

-- name: forget_errors_of_parcels
update ledger.tracking_polls
set last_error = $said
where last_error is not null

-- name: forget_reasons_of_writes
-- Of what was carried out the reason is ours, but for a void, which the carrier grants in words of its own.
update ledger.outbox
set reason = $said
where
    reason is not null
    and source in ('answer', 'reading')
    and (state <> 'applied' or kind = 'void_label')

-- name: forget_remarks_on_rates
update ledger.rates
set messages = []
where len(messages) > 0

-- name: has_phases
select 1 from information_schema.tables where table_schema = 'ledger' and table_name = 'run_phases'

-- name: phases_of_runs
select run_id, phase, seconds
from ledger.run_phases
where list_contains($run_ids::varchar[], run_id)
order by run_id, started_at, phase

-- name: run_history
with

streams as (
    select
        run_id,
        sum(rows)::bigint as rows,
        sum(caught_late)::bigint as caught_late,
        list(stream order by stream) filter (where outcome = 'failed') as failed
    from ledger.stream_runs
    group by run_id
),

runs as (
    select * replace (coalesce(outcome, 'going_on') as outcome)
    from ledger.runs
)

select
    runs.run_id,
    runs.command,
    runs.started_at,
    runs.finished_at,
    runs.outcome,
    date_diff('millisecond', runs.started_at, runs.finished_at) / 1000.0 as seconds,
    coalesce(streams.rows, 0) as rows,
    coalesce(streams.caught_late, 0) as caught_late,
    coalesce(runs.requests, 0) as requests,
    streams.failed,
    runs.error
from runs
left join streams on streams.run_id = runs.run_id
where
    ($since is null or runs.started_at >= $since)
    and ($outcome is null or runs.outcome = $outcome)
    and ($command is null or runs.command = $command)
    and ($run_id is null or runs.run_id = $run_id)
order by runs.started_at desc, runs.run_id desc
limit $limit

-- name: streams_of_run
select stream, outcome, rows, unchanged, stale, caught_late, pages, requests, finished_at, error
from ledger.stream_runs
where run_id = $run_id
order by finished_at, stream

-- name: list_new_loads
-- Loads that ledger.followed_parcels has not taken in. The names are put beside the distinct ids, for DuckDB
-- takes five times as long where it has to tell pairs apart.
create or replace temp table new_loads as
with

present as (
    select 'labels' as raw_table, load_id from (select distinct _dlt_load_id as load_id from raw.labels)
    union all
    select 'label_packages' as raw_table, load_id
    from (select distinct _dlt_load_id as load_id from raw.label_packages)
    union all
    select 'tracking' as raw_table, load_id from (select distinct _dlt_load_id as load_id from raw.tracking)
)

select raw_table, load_id
from present
anti join ledger.followed_loads using (raw_table, load_id)

-- name: touch_loaded
-- Labels that a new load concerns, or of which a version ended after $ended_after: an end leaves no load.
create or replace temp table touched as
select label_id from raw.labels
where
    _dlt_load_id in (select load_id from new_loads where raw_table = 'labels')
    or _dlt_valid_to > $ended_after
union
select label_id from raw.label_packages
where _dlt_load_id in (select load_id from new_loads where raw_table = 'label_packages')
union
select split_part(label_id, '/', 1) as label_id from raw.tracking
where _dlt_load_id in (select load_id from new_loads where raw_table = 'tracking')

-- name: touch_parcels
create or replace temp table touched as
select distinct split_part(parcel_id, '/', 1) as label_id
from (select unnest($parcel_ids::varchar[]) as parcel_id)

-- name: touch_followed
-- All that the pace can be another for.
create or replace temp table touched as
select distinct label_id from ledger.followed_parcels where polled_at is not null or says_delivered

-- name: count_new_loads
select count(*) from new_loads

-- name: forget_all
delete from ledger.followed_parcels

-- name: forget_loads
delete from ledger.followed_loads

-- name: last_ended
select max(_dlt_valid_to) from raw.labels

-- name: forget_touched
delete from ledger.followed_parcels where label_id in (select label_id from touched)

-- name: follow_planned
insert into ledger.followed_parcels by name select * from planned

-- name: take_new_loads
insert into ledger.followed_loads select raw_table, load_id from new_loads

-- name: forget_delivered
delete from ledger.followed_parcels where next_poll_at is null and delivered_at < $delivered_before

-- name: note_planned
insert into ledger.tracking_planned values ($planned_at, $backlog_before)

-- name: clear_planned
delete from ledger.tracking_planned

-- name: parcels_to_plan
-- Parcels of touched labels that are not known to be finished, with what polling must know of each. A label
-- is one parcel, asked for by its id; each further box of it is another, asked for by its number.
with

labels as (
    select
        label_id,
        -- one without a time of creation is as old as what is known of it
        coalesce(created_at, _dlt_valid_from) as created_at,
        tracking_number,
        carrier_code,
        coalesce(tracking_status = 'delivered', false) as says_delivered,
        _dlt_valid_from as valid_from
    from raw.labels
    semi join touched using (label_id)
    where
        _dlt_valid_to is null
        and not coalesce(voided, false)
        and coalesce(trackable, true)
        and coalesce(status, 'completed') not in ('voided', 'error')
),

earlier_versions as (
    select distinct label_id
    from raw.labels
    semi join touched using (label_id)
    where _dlt_valid_to is not null
),

boxes as (
    select distinct labels.label_id || '/' || packages.tracking_number as parcel_id, labels.label_id
    from raw.label_packages as packages
    inner join labels on packages.label_id = labels.label_id
    where packages.tracking_number <> labels.tracking_number and packages.tracking_number <> ''
),

-- A label tells of the box that has its number.
parcels as (
    select
        labels.label_id as parcel_id,
        labels.label_id,
        labels.created_at,
        labels.carrier_code,
        labels.says_delivered,
        -- the packages of a run are a microsecond apart, its polls stand at its second
        if(earlier_versions.label_id is null, null, date_trunc('second', labels.valid_from)) as label_changed_at
    from labels
    left join earlier_versions on labels.label_id = earlier_versions.label_id
    union all
    select boxes.parcel_id, labels.label_id, labels.created_at, labels.carrier_code, false, null
    from boxes
    inner join labels on boxes.label_id = labels.label_id
),

answers as (
    select
        tracking.*,
        tracking.status_code = 'DE' and tracking.status_detail_code is distinct from 'DELIVERED_IN_PART'
            as is_delivered
    from raw.tracking as tracking
    semi join parcels on tracking.label_id = parcels.parcel_id
),

deliveries as (
    select
        answers.label_id as parcel_id,
        min(
            if(
                answers.actual_delivery_date between parcels.created_at and answers._dlt_valid_from,
                answers.actual_delivery_date,
                answers._dlt_valid_from
            )
        ) as delivered_at
    from answers
    inner join parcels on answers.label_id = parcels.parcel_id
    where answers.is_delivered
    group by answers.label_id
)

select
    parcels.parcel_id,
    parcels.created_at,
    answers.status_code,
    answers.status_detail_code,
    answers.carrier_detail_code,
    try_cast(left(answers.estimated_delivery_date_text, 10) as date) as expected_on,
    -- a clock that was once ahead puts no parcel off for as long
    if(polls.polled_at > $now, $now, polls.polled_at) as polled_at,
    polls.changed_at,
    parcels.carrier_code,
    coalesce(polls.failures, 0) as failures,
    parcels.says_delivered,
    if(parcels.label_changed_at > $now, $now, parcels.label_changed_at) as label_changed_at,
    deliveries.delivered_at
from parcels
left join ledger.tracking_polls as polls on parcels.parcel_id = polls.label_id
left join answers on parcels.parcel_id = answers.label_id and answers._dlt_valid_to is null
left join deliveries on parcels.parcel_id = deliveries.parcel_id
where
    not coalesce(answers.is_delivered and deliveries.delivered_at < $delivered_before, false)
    and coalesce(polls.changed_at >= $silent_before, true)

-- name: choose_parcels
-- Whom to ask for, of all that are due. First those whose label has come to say delivered; then those of the
-- last 30 days, the one first that is overdue by most, measured in its own interval; then older ones. What
-- was never asked for and is older than $backlog_before, or was delivered when it was first seen, takes
-- calls only when some are left, the newest first.
with

due as (
    select
        parcel_id,
        carrier_code,
        created_at,
        is_urgent,
        polled_at is null and (created_at < $backlog_before or (says_delivered and not is_urgent)) as is_backlog,
        created_at < $old_before as is_old,
        -- A difference of instants would be an interval, for which DuckDB asks the calendar: 5 µs a row.
        (epoch_us($now) - epoch_us(next_poll_at)) / 1e6 / every_seconds as overdue
    from ledger.followed_parcels
    where next_poll_at <= $now
)

select parcel_id, carrier_code
from due
order by
    is_urgent desc,
    is_backlog,
    is_old,
    if(is_backlog, null, overdue) desc,
    created_at desc,
    parcel_id
limit $budget

-- name: count_followed
-- Parcels that are followed, and those of them that are due; of the backlog only $budget count.
with

followed as (
    select
        polled_at is null and (created_at < $backlog_before or (says_delivered and not is_urgent)) as is_backlog,
        next_poll_at <= $now as is_due,
        state
    from ledger.followed_parcels
    where next_poll_at is not null
),

counted as (
    select
        count(*) filter (not is_backlog and (state <> 'delivered' or is_due)) as followed,
        count(*) filter (not is_backlog and is_due) as due,
        least(count(*) filter (is_backlog and is_due), $budget) as backlog
    from followed
)

select followed + backlog, due + backlog from counted

-- name: list_evidence
-- Of parcels delivered up to $told_before, by carrier: of how many the label says so, and of how many not. And of
-- how many it has said so for hours, while the carrier does not.
select
    coalesce(carrier_code, '') as carrier_code,
    count(*) filter (delivered_at <= $told_before and says_delivered) as told,
    count(*) filter (delivered_at <= $told_before and not says_delivered) as missed,
    count(*) filter (
        delivered_at is null and says_delivered and polled_at > label_changed_at + interval 6 hours
    ) as contradicted
from ledger.followed_parcels
where parcel_id = label_id
group by all
order by all

-- name: window_under_way
-- The oldest label of those created from $oldest to $youngest whose parcel is under way, and how many there are.
select min(created_at), count(*)
from ledger.followed_parcels
where
    parcel_id = label_id
    and not says_delivered
    and delivered_at is null
    and created_at between $oldest and $youngest

-- name: told_since
-- Labels that came to say delivered after $since.
select count(*)
from ledger.followed_parcels
where parcel_id = label_id and says_delivered and label_changed_at > $since
