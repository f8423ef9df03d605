-- The current shipments that a customer's reference can mean: one row per shipment.
with

mentioned as (
    select shipment_id from raw.shipments
    where _dlt_valid_to is null
        and $reference in (shipment_id, shipment_number, external_shipment_id, external_order_id)

    union

    select shipment_id from raw.shipment_items where sales_order_id = $reference

    union

    select shipment_id from raw.labels
    where _dlt_valid_to is null
        and (tracking_number = $reference or label_id in (
            select label_id from raw.label_packages where tracking_number = $reference
        ))

    union

    select shipment_id from raw.fulfillments
    where _dlt_valid_to is null and tracking_number = $reference
)

select
    shipment_id,
    coalesce(shipment_number, external_order_id, external_shipment_id, shipment_id) as order_id,
    shipment_status,
    created_at
from raw.shipments
where _dlt_valid_to is null
    and shipment_id in (select shipment_id from mentioned)
order by created_at, shipment_id
