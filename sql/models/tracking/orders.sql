with order_parts as (
    select * from {{ ref('order_parts') }}
),

-- The state that wants attention first, or is least far on, is that of the order.
orders as (
    select
        order_key,
        any_value(order_id) as order_id,
        any_value(store_id) as store_id,
        arg_min(state, attention) as state,
        arg_min(state_since, attention) as state_since,
        arg_min(days_in_state, attention) as days_in_state,
        arg_max(shipment_status, ordered_at) as shipment_status,
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
    where not is_voided and not is_return_label
    group by order_key
)

select * from orders
