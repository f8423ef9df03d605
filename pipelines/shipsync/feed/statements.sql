-- name: acknowledged
-- How far one consumer has come: no row while it is unknown.
select acknowledged from ledger.consumers where consumer = $consumer

-- name: bury
insert into ledger.dead_letters (consumer, sequence, order_key, reason, attempts, recorded_at)
values ($consumer, $sequence, $order_key, $reason, $attempts, $recorded_at)
on conflict (consumer, sequence) do update set
    reason = excluded.reason,
    attempts = dead_letters.attempts + excluded.attempts,
    recorded_at = excluded.recorded_at,
    delivered_at = null

-- name: consumers
-- Consumers and how far each is behind: one row per consumer. The sequence has no gaps, so the lag is
-- a difference; it counts events that the consumer's own filter may leave out.
with

newest as (
    select coalesce(max(sequence), 0) as sequence from changes.events
),

dead as (
    select consumer, count(*) as letters
    from ledger.dead_letters
    where delivered_at is null
    group by consumer
),

-- A receiver may be gone before it took anything: then its consumer has a pause and no offset.
named as (
    select consumer, acknowledged, changed_at from ledger.consumers
    union all by name
    select consumer, 0 as acknowledged, paused_at as changed_at
    from ledger.paused_consumers
    anti join ledger.consumers using (consumer)
)

select
    named.consumer,
    named.acknowledged,
    newest.sequence - named.acknowledged as lag,
    oldest_waiting.detected_at as waiting_since,
    named.changed_at,
    coalesce(dead.letters, 0) as dead,
    paused.reason as paused_because
from named
cross join newest
left join changes.events as oldest_waiting
    on oldest_waiting.sequence = named.acknowledged + 1
left join dead on dead.consumer = named.consumer
left join ledger.paused_consumers as paused on paused.consumer = named.consumer
order by named.consumer

-- name: events
-- Events in a stretch of the sequence, in order: one row per event. Bounds on both sides let DuckDB
-- skip the parts of the table that lie outside. Times come as microseconds, which are cheap to turn
-- into Python's; json() takes line feeds out of documents.
select
    sequence,
    event_id,
    trigger,
    entity_id,
    shipment_id,
    epoch_us(occurred_at) as occurred_at,
    epoch_us(detected_at) as detected_at,
    is_touch,
    changed_fields,
    json(before)::varchar as before,
    json(after)::varchar as after
from changes.events
where
    sequence > $after
    and sequence <= $up_to
    and ($triggers::varchar[] is null or list_contains($triggers::varchar[], trigger))
    and ($with_touches or not is_touch)
order by sequence

-- name: first_since
-- The number of the first event detected at an instant or later, null if there is none.
select min(sequence) as sequence from changes.events where detected_at >= $instant

-- name: forget_letters
-- What is read again from a number on is no longer dead.
delete from ledger.dead_letters
where consumer = $consumer and sequence >= $sequence and delivered_at is null

-- name: fulfillments
-- Fulfillments as they are now: one row per fulfillment of those asked for.
select * exclude (content_hash, valid_from, observed_at, load_id)
from core.fulfillments
where fulfillment_id in (select unnest($ids))

-- name: newest
-- The number of the newest event, 0 if there is none.
select coalesce(max(sequence), 0) as sequence from changes.events

-- name: open_letters
-- Dead letters of one consumer that are still open, in order: one row per event.
select sequence, order_key, reason, attempts, recorded_at
from ledger.dead_letters
where consumer = $consumer and delivered_at is null
order by sequence

-- name: pause
insert or replace into ledger.paused_consumers (consumer, reason, paused_at)
values ($consumer, $reason, $paused_at)

-- name: paused
-- Why a consumer is paused: no row if it isn't.
select reason from ledger.paused_consumers where consumer = $consumer

-- name: reach
-- How far the next events that match go: one row, null if none matches. Narrow columns only, so that
-- a filter that few events pass costs little.
with

next_ones as (
    select sequence
    from changes.events
    where
        sequence > $after
        and ($triggers::varchar[] is null or list_contains($triggers::varchar[], trigger))
        and ($with_touches or not is_touch)
    order by sequence
    limit $limit
)

select max(sequence) as sequence, count(*) as events from next_ones

-- name: record_hint
-- Gives back the id if it is new.
insert into ledger.hints (hint_id, recorded_at, stream, query, signed_at, tracking)
values ($hint_id, $recorded_at, $stream, $query, $signed_at, $tracking)
on conflict (hint_id) do nothing
returning hint_id

-- name: remove_consumer
delete from ledger.consumers where consumer = $consumer

-- name: remove_letters
delete from ledger.dead_letters where consumer = $consumer

-- name: remove_pause
delete from ledger.paused_consumers where consumer = $consumer

-- name: resume
delete from ledger.paused_consumers where consumer = $consumer

-- name: set_acknowledged
insert into ledger.consumers (consumer, acknowledged, changed_at)
values ($consumer, $acknowledged, $changed_at)
on conflict (consumer) do update set
    acknowledged = excluded.acknowledged,
    changed_at = excluded.changed_at

-- name: settle
update ledger.dead_letters set delivered_at = $delivered_at
where consumer = $consumer and sequence = $sequence

-- name: shipments
-- Shipments as they are now: one row per shipment of those asked for.
select * exclude (content_hash, valid_from, observed_at, load_id)
from core.shipments
where shipment_id in (select unnest($ids))
