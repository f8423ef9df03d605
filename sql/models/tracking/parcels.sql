with order_parts as (
    select * from {{ ref('order_parts') }}
),

parcels as (
    select * exclude (attention, shipment_status, ordered_at)
    from order_parts
    where parcel_id is not null
)

select * from parcels
