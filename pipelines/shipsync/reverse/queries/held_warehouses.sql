select warehouse_id, name
from raw.warehouses
where _dlt_valid_to is null and warehouse_id is not null
order by warehouse_id
