-- The labels of some shipments, newest first: one row per label.
with

wanted as (
    select unnest(from_json($shipment_ids, '["VARCHAR"]')) as shipment_id
)

select
    labels.shipment_id,
    labels.label_id,
    labels.tracking_number,
    labels.tracking_url,
    labels.carrier_code as carrier,
    labels.ship_date,
    labels.created_at,
    coalesce(labels.voided, false) or coalesce(labels.status, '') in ('voided', 'error')
        as is_voided,
    coalesce(labels.is_return_label, false) as is_return,
    coalesce(labels.trackable, true) as is_trackable
from raw.labels as labels
inner join wanted on labels.shipment_id = wanted.shipment_id
where labels._dlt_valid_to is null
order by labels.created_at desc, labels.label_id
