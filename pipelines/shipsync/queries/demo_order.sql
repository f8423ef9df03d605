-- The order with the most to tell: the latest in trouble if there is one, else the latest under way.
with

latest_events as (
    select label_id, max(occurred_at) as latest_at
    from raw.tracking_events
    group by label_id
)

select shipments.shipment_number
from raw.tracking as tracking
inner join raw.labels as labels
    on labels.label_id = tracking.label_id and labels._dlt_valid_to is null and not labels.voided
inner join raw.shipments as shipments
    on shipments.shipment_id = labels.shipment_id and shipments._dlt_valid_to is null
inner join latest_events on latest_events.label_id = tracking.label_id
where tracking._dlt_valid_to is null
order by
    case tracking.status_code when 'EX' then 1 when 'IT' then 2 else 3 end,
    latest_events.latest_at desc,
    shipments.shipment_number
limit 1
