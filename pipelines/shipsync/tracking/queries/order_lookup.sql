-- The current shipments that a reference can mean: one row per reference and shipment. Each column is
-- compared on its own, so that DuckDB skips row groups that can't hold the value.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($written, '["VARCHAR"]')) as written
),

mentioned as (
    select wanted.asked, shipments.shipment_id, shipments.shipment_id as named
    from raw.shipments as shipments
    inner join wanted on shipments.shipment_id = wanted.written
    where shipments._dlt_valid_to is null

    union

    select wanted.asked, shipments.shipment_id, null
    from raw.shipments as shipments
    inner join wanted on shipments.shipment_number = wanted.written
    where shipments._dlt_valid_to is null

    union

    select wanted.asked, shipments.shipment_id, null
    from raw.shipments as shipments
    inner join wanted on shipments.external_shipment_id = wanted.written
    where shipments._dlt_valid_to is null

    union

    select wanted.asked, shipments.shipment_id, null
    from raw.shipments as shipments
    inner join wanted on shipments.external_order_id = wanted.written
    where shipments._dlt_valid_to is null

    union

    select wanted.asked, labels.shipment_id, labels.tracking_number
    from raw.labels as labels
    inner join wanted on labels.tracking_number = wanted.written
    where labels._dlt_valid_to is null

    union

    select wanted.asked, fulfillments.shipment_id, fulfillments.tracking_number
    from raw.fulfillments as fulfillments
    inner join wanted on fulfillments.tracking_number = wanted.written
    where fulfillments._dlt_valid_to is null
)

select asked, shipment_id, max(named) as named
from mentioned
group by asked, shipment_id
