select
    held.label_id,
    held.content_hash,
    null as modified_at,
    held.observed_at,
    coalesce(loads.status = 0, false) as is_whole
from raw.tracking as held
left join raw._dlt_loads as loads on held._dlt_load_id = loads.load_id
where held._dlt_valid_to is null and held.label_id in (select unnest(?))
