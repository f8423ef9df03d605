select count(*)
from raw.shipments
where
    _dlt_valid_to is null
    and ($start is null or modified_at > $start)
    and ($end is null or modified_at <= $end)
