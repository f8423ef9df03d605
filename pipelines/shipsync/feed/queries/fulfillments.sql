-- Fulfillments as they are now: one row per fulfillment of those asked for.
select * exclude (content_hash, valid_from, observed_at, load_id)
from core.fulfillments
where fulfillment_id in (select unnest($ids))
