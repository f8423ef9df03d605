-- The number of the first event detected at an instant or later, null if there is none.
select min(sequence) as sequence from changes.events where detected_at >= $instant
