with order_parts as (
    select
        *,
        min(attention) over (partition by order_key) as order_attention,
        max(ordered_at) over (partition by order_key) as order_ordered_at
    from {{ ref('order_parts') }}
    where not is_voided and not is_return_label
),

-- The state that wants attention first, or is least far on, is that of the order, since it was first in it.
-- Which row of several is taken never depends on the order in which they come.
orders as (
    select
        order_key,
        min(order_id) as order_id,
        min(store_id) as store_id,
        min(state) filter (attention = order_attention) as state,
        min(state_since) filter (attention = order_attention) as state_since,
        max(days_in_state) filter (attention = order_attention) as days_in_state,
        max(shipment_status) filter (ordered_at = order_ordered_at) as shipment_status,
        coalesce(min(ordered_at), min(created_at)) as created_at,
        min(ship_date) as ship_date,
        max(promised_date) as promised_date,
        max(estimated_delivery_date) as estimated_delivery_date,
        case when bool_and(state in ('delivered', 'cancelled')) then max(delivered_at) end as delivered_at,
        count(distinct shipment_id) as shipment_count,
        count(parcel_id) as parcel_count,
        count(*) filter (where state = 'delivered') as parcels_delivered,
        bool_and(is_finished) as is_finished,
        bool_or(is_late) as is_late,
        bool_or(is_stuck) as is_stuck,
        max(last_event_at) as last_event_at,
        min(known_at) as known_at
    from order_parts
    group by order_key
)

select * from orders
