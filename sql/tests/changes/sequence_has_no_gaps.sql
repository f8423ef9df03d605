select
    count(*) as events,
    count(distinct sequence) as numbers,
    min(sequence) as first_number,
    max(sequence) as last_number
from {{ ref('events') }}
having count(*) > 0
    and (min(sequence) <> 1 or max(sequence) <> count(*) or count(distinct sequence) <> count(*))
