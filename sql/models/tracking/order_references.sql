with order_names as (
    select * from {{ ref('order_names') }}
),

number_affixes as (
    select * from {{ ref('number_affixes') }}
),

parcel_states as (
    select
        shipment_id,
        store_id,
        order_key
    from {{ ref('parcel_states') }}
),

-- A part of a number means an order only where what is missing is an affix of the shop's own. The parcels of a
-- shipment are made one row last, so that a filter on the reference reaches the names first.
order_references as (
    select distinct
        order_names.reference,
        order_names.is_exact,
        order_names.kind,
        parcel_states.order_key,
        order_names.shipment_id
    from order_names
    inner join parcel_states on order_names.shipment_id = parcel_states.shipment_id
    left join number_affixes as prefixes
        on prefixes.kind = 'prefix'
        and prefixes.store_key = coalesce(parcel_states.store_id, '')
        and order_names.prefix = prefixes.affix
    left join number_affixes as suffixes
        on suffixes.kind = 'suffix'
        and suffixes.store_key = coalesce(parcel_states.store_id, '')
        and order_names.suffix = suffixes.affix
    left join number_affixes as paddings
        on paddings.kind = 'padding'
        and paddings.store_key = coalesce(parcel_states.store_id, '')
        and order_names.padding = paddings.affix
    where
        (order_names.prefix is null or prefixes.affix is not null)
        and (order_names.suffix is null or suffixes.affix is not null)
        and (order_names.padding is null or paddings.affix is not null)
)

select * from order_references
