with return_labels as (
    select *
    from {{ ref('stg_labels') }}
    where
        is_current
        and coalesce(is_return_label, false)
        and not coalesce(is_voided, false)
        and coalesce(label_status, '') not in ('voided', 'error')
        and not coalesce(is_test_label, false)
),

-- The way there: the first arrival of what the same shipment, or the label it names, brought.
delivered as (
    select shipment_id, min(delivered_at) as delivered_at
    from {{ ref('parcel_delivery') }}
    group by shipment_id
),

delivered_by_label as (
    select label_id, min(delivered_at) as delivered_at, min(shipment_id) as shipment_id
    from {{ ref('parcel_delivery') }}
    where label_id is not null
    group by label_id
),

back as (
    select label_id, min(delivered_at) as back_at
    from {{ ref('parcel_states') }}
    where is_return_label and label_id is not null
    group by label_id
),

matched as (
    select
        labels.*,
        coalesce(by_label.shipment_id, labels.shipment_id) as returned_shipment_id,
        coalesce(by_label.delivered_at, delivered.delivered_at) as delivered_at,
        back.back_at
    from return_labels as labels
    left join delivered_by_label as by_label on labels.outbound_label_id = by_label.label_id
    left join delivered on labels.shipment_id = delivered.shipment_id
    left join back on labels.label_id = back.label_id
),

units as (
    select items.shipment_id, sum(items.quantity)::bigint as units
    from {{ ref('stg_shipment_items') }} as items
    where {{ is_goods('items') }}
    group by items.shipment_id
)

select
    matched.label_id,
    matched.returned_shipment_id as shipment_id,
    matched.outbound_label_id,
    matched.rma_number,
    matched.carrier_code,
    matched.service_code,
    matched.created_at as labelled_at,
    matched.delivered_at,
    matched.back_at,
    {{ days_of(local_date('matched.delivered_at'), local_date('matched.created_at')) }} as days_to_return,
    units.units,
    matched.shipment_cost_currency as currency,
    matched.shipment_cost as cost
from matched
left join units on matched.returned_shipment_id = units.shipment_id
