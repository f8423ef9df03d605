-- Shipments that wait for a label, the oldest first.
select shipment_id
from raw.shipments
where _dlt_valid_to is null and shipment_status = 'pending'
order by created_at, shipment_id
