select count(*)
from raw.labels
where
    _dlt_valid_to is null
    and ($start is null or created_at > $start)
    and ($end is null or created_at <= $end)
