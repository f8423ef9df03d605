select carrier_id, service_code
from raw.carrier_services
where _dlt_valid_to is null and service_code is not null
order by carrier_id, service_code
