-- Parcels sent a day: one row per day in UTC of the last weeks that any left, labels that were voided
-- left out.
select
    ship_date,
    count(*) as labels,
    count(distinct shipment_id) as shipments
from core.labels
where not is_voided and ship_date is not null
group by ship_date
order by ship_date desc
limit $days
