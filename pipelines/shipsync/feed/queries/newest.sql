-- The number of the newest event, 0 if there is none.
select coalesce(max(sequence), 0) as sequence from changes.events
