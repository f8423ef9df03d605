-- The shipments that have a further box of that tracking number: one row per reference and shipment.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($written, '["VARCHAR"]')) as written
)

select distinct wanted.asked, labels.shipment_id, packages.tracking_number as named
from raw.label_packages as packages
inner join wanted on packages.tracking_number = wanted.written
inner join raw.labels as labels
    on packages.label_id = labels.label_id and labels._dlt_valid_to is null
