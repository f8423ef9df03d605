with parcels as (
    select * from {{ ref('parcel_delivery') }}
    where first_scan_at is not null
),

scans as (
    select
        scans.parcel_id,
        scans.moment,
        scans.state,
        scans.city_locality,
        parcels.first_scan_at
    from {{ ref('scans') }} as scans
    inner join parcels on scans.parcel_id = parcels.parcel_id
    where scans.moment >= parcels.first_scan_at
),

-- The city of acceptance; of two scans of that instant the one whose name comes first.
accepted as (
    select parcel_id, min(city_locality) as city
    from scans
    where moment = first_scan_at
    group by parcel_id
),

points as (
    select
        scans.parcel_id,
        min(scans.moment) filter (
            where scans.state = 'in_transit' and scans.city_locality <> coalesce(accepted.city, '')
        ) as hub_at,
        min(scans.moment) filter (where scans.state = 'out_for_delivery') as out_at
    from scans
    left join accepted on scans.parcel_id = accepted.parcel_id
    group by scans.parcel_id
),

walked as (
    select
        parcels.parcel_id,
        parcels.shipment_id,
        parcels.carrier_code,
        parcels.service_code,
        parcels.labelled_at,
        parcels.first_scan_at,
        case when points.hub_at > parcels.first_scan_at then points.hub_at end as hub_at,
        points.out_at,
        parcels.delivered_at
    from parcels
    left join points on parcels.parcel_id = points.parcel_id
),

legs as (
    select 'handover' as leg, 1 as position, labelled_at as started_at, first_scan_at as ended_at, * from walked
    union all
    select 'acceptance_to_hub', 2, first_scan_at, hub_at, * from walked
    union all
    select 'hub_to_out_for_delivery', 3, hub_at, out_at, * from walked
    union all
    select 'out_for_delivery_to_door', 4, out_at, delivered_at, * from walked
)

select
    parcel_id,
    shipment_id,
    carrier_code,
    service_code,
    leg,
    position,
    started_at,
    ended_at,
    {{ hours_between('started_at', 'ended_at') }} as hours
from legs
where ended_at >= started_at
