select inventory_location_id, name
from raw.inventory_locations
where _dlt_valid_to is null and inventory_location_id is not null
