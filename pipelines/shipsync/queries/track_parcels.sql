-- The parcels of some shipments: one row per label, and per fulfillment made without a label.
-- Newest first; a parcel still under way stands before a voided one.
with

wanted as (
    select unnest($shipment_ids) as shipment_id
),

labels as (
    select
        labels.shipment_id,
        labels.label_id,
        coalesce(tracking.tracking_number, labels.tracking_number) as tracking_number,
        coalesce(tracking.tracking_url, labels.tracking_url) as tracking_url,
        coalesce(labels.carrier_code, tracking.carrier_code) as carrier,
        tracking.status_code,
        tracking.status_description,
        tracking.carrier_status_description,
        coalesce(tracking.ship_date, labels.ship_date) as ship_date,
        tracking.estimated_delivery_date,
        tracking.actual_delivery_date,
        tracking.exception_description,
        coalesce(labels.voided, false) as is_voided,
        tracking.observed_at as known_at,
        labels.created_at
    from raw.labels as labels
    inner join wanted using (shipment_id)
    left join raw.tracking as tracking
        on tracking.label_id = labels.label_id and tracking._dlt_valid_to is null
    where labels._dlt_valid_to is null
),

fulfillments as (
    select
        fulfillments.shipment_id,
        null as label_id,
        fulfillments.tracking_number,
        null as tracking_url,
        fulfillments.fulfillment_carrier_friendly_name as carrier,
        if(fulfillments.delivered_at is null, null, 'DE') as status_code,
        if(fulfillments.delivered_at is null, null, 'Delivered') as status_description,
        null as carrier_status_description,
        fulfillments.ship_date,
        null::timestamptz as estimated_delivery_date,
        fulfillments.delivered_at as actual_delivery_date,
        null as exception_description,
        coalesce(fulfillments.voided, false) as is_voided,
        fulfillments.observed_at as known_at,
        fulfillments.created_at
    from raw.fulfillments as fulfillments
    inner join wanted using (shipment_id)
    where fulfillments._dlt_valid_to is null
        and not exists (
            select 1 from labels
            where labels.shipment_id = fulfillments.shipment_id
                and labels.tracking_number = fulfillments.tracking_number
        )
),

parcels as (
    select * from labels
    union all
    select * from fulfillments
)

select * exclude (created_at)
from parcels
order by is_voided, created_at desc, label_id, tracking_number
