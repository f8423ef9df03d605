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
)

select
    consumers.consumer,
    consumers.acknowledged,
    newest.sequence - consumers.acknowledged as lag,
    oldest_waiting.detected_at as waiting_since,
    consumers.changed_at,
    coalesce(dead.letters, 0) as dead,
    paused.reason as paused_because
from ledger.consumers as consumers
cross join newest
left join changes.events as oldest_waiting
    on oldest_waiting.sequence = consumers.acknowledged + 1
left join dead on dead.consumer = consumers.consumer
left join ledger.paused_consumers as paused on paused.consumer = consumers.consumer
order by consumers.consumer
