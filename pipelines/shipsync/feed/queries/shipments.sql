-- Shipments as they are now: one row per shipment of those asked for.
select * exclude (content_hash, valid_from, observed_at, load_id)
from core.shipments
where shipment_id in (select unnest($ids))
