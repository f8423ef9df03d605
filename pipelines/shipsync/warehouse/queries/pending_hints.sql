-- Hints of one stream that no sync has read, oldest first: one row per hint.
select hints.hint_id, hints.query, hints.signed_at, hints.tracking, polls.polled_at
from ledger.hints as hints
left join ledger.tracking_polls as polls on polls.label_id = (hints.query ->> 'label_id')
where hints.stream = $stream and hints.taken_at is null
order by hints.signed_at nulls first, hints.recorded_at, hints.hint_id
