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
