select carrier_id, carrier_code
from raw.carriers
where _dlt_valid_to is null and carrier_id is not null
order by carrier_id
