-- The parcels of some shipments: one row per label, and per fulfillment made without a label.
-- Newest first; a parcel still under way stands before a voided one.
with

wanted as (
    select unnest($shipment_ids) as shipment_id
),

labels as (
    select labels.*
    from raw.labels as labels
    inner join wanted on labels.shipment_id = wanted.shipment_id
    where labels._dlt_valid_to is null
),

label_ids as (
    select distinct label_id from labels
),

tracking as (
    select tracking.*
    from raw.tracking as tracking
    inner join label_ids on tracking.label_id = label_ids.label_id
    where tracking._dlt_valid_to is null
),

boxes as (
    select
        packages.label_id,
        list(packages.tracking_number order by packages.sequence, packages.package_index)
            filter (where packages.tracking_number is not null) as boxes
    from raw.label_packages as packages
    inner join label_ids on packages.label_id = label_ids.label_id
    group by packages.label_id
),

labelled as (
    select
        labels.shipment_id,
        labels.label_id,
        coalesce(tracking.tracking_number, labels.tracking_number) as tracking_number,
        coalesce(tracking.tracking_url, labels.tracking_url) as tracking_url,
        coalesce(labels.carrier_code, tracking.carrier_code) as carrier,
        tracking.status_code,
        tracking.status_detail_code,
        tracking.carrier_detail_code,
        tracking.status_description,
        tracking.carrier_status_description,
        coalesce(tracking.ship_date, labels.ship_date) as ship_date,
        tracking.ship_date_text,
        tracking.estimated_delivery_date,
        tracking.estimated_delivery_date_text,
        tracking.actual_delivery_date,
        tracking.actual_delivery_date_text,
        tracking.exception_description,
        coalesce(labels.voided, false) or coalesce(labels.status, '') in ('voided', 'error')
            as is_voided,
        coalesce(labels.is_return_label, false) as is_return,
        coalesce(labels.trackable, true) as is_trackable,
        labels.created_at,
        greatest(tracking.observed_at, polls.polled_at) as known_at,
        coalesce(boxes.boxes, []) as boxes
    from labels
    left join tracking on labels.label_id = tracking.label_id
    left join boxes on labels.label_id = boxes.label_id
    left join ledger.tracking_polls as polls on labels.label_id = polls.label_id
),

fulfilled as (
    select
        fulfillments.shipment_id,
        null as label_id,
        fulfillments.tracking_number,
        null as tracking_url,
        fulfillments.fulfillment_carrier_friendly_name as carrier,
        if(fulfillments.delivered_at is null, null, 'DE') as status_code,
        null as status_detail_code,
        null as carrier_detail_code,
        if(fulfillments.delivered_at is null, null, 'Delivered') as status_description,
        null as carrier_status_description,
        fulfillments.ship_date,
        null as ship_date_text,
        null::timestamptz as estimated_delivery_date,
        null as estimated_delivery_date_text,
        fulfillments.delivered_at as actual_delivery_date,
        null as actual_delivery_date_text,
        null as exception_description,
        coalesce(fulfillments.voided, false) as is_voided,
        false as is_return,
        false as is_trackable,
        fulfillments.created_at,
        fulfillments.observed_at as known_at,
        [] as boxes
    from raw.fulfillments as fulfillments
    inner join wanted on fulfillments.shipment_id = wanted.shipment_id
    where fulfillments._dlt_valid_to is null
        and not exists (
            select 1 from labels
            where labels.shipment_id = fulfillments.shipment_id
                and labels.tracking_number = fulfillments.tracking_number
        )
),

parcels as (
    select * from labelled
    union all
    select * from fulfilled
)

select * from parcels
order by is_voided, created_at desc, label_id, tracking_number
