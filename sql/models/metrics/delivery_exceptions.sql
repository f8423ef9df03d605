with parcels as (
    select parts.*
    from {{ ref('order_parts') }} as parts
    inner join {{ ref('parcel_delivery') }} as counted on parts.parcel_id = counted.parcel_id
    where not parts.is_finished
),

-- The value of an order stands on one of its shipments.
order_values as (
    select
        orders.order_key,
        shipments.amount_paid_currency as currency,
        sum(shipments.amount_paid) as order_value
    from {{ ref('stg_shipments') }} as shipments
    inner join (
        select shipment_id, min(order_key) as order_key
        from {{ ref('parcel_states') }}
        group by shipment_id
    ) as orders on shipments.shipment_id = orders.shipment_id
    where shipments.is_current and shipments.amount_paid is not null
    group by orders.order_key, shipments.amount_paid_currency
),

-- An order in two currencies is valued by the larger sum; they are never added.
values_by_order as (
    select order_key, currency, order_value
    from order_values
    qualify row_number() over (partition by order_key order by order_value desc, currency) = 1
),

scanned as (
    select parcel_id, first_scan_at, last_scan_at from {{ ref('parcel_delivery') }}
),

judged as (
    select
        parcels.*,
        case
            when parcels.state = 'return_to_sender' then 'returning'
            when parcels.state = 'exception' then 'exception'
            when parcels.state = 'available_for_pickup' and parcels.days_in_state > 3 then 'waits_at_pickup_point'
            when coalesce(parcels.is_late, false) then 'late'
            when parcels.label_id is not null
                and scanned.first_scan_at is null
                and parcels.created_at < {{ as_of() }} - interval 48 hours
                then 'never_scanned'
            when scanned.last_scan_at < {{ as_of() }} - interval 72 hours then 'silent'
        end as reason,
        coalesce(
            greatest({{ days_of('parcels.promised_date', account_today()) }}, 0),
            0
        ) as days_late
    from parcels
    left join scanned on parcels.parcel_id = scanned.parcel_id
)

select
    judged.parcel_id,
    judged.order_key,
    judged.order_id,
    judged.shipment_id,
    judged.tracking_number,
    judged.carrier_code,
    judged.state,
    judged.reason,
    judged.promised_date,
    judged.days_late,
    judged.days_silent,
    values_by_order.order_value,
    values_by_order.currency,
    case judged.reason
        when 'returning' then 'Tell the buyer; decide whether to send it again'
        when 'exception' then 'Read what the carrier says; correct the address or call the carrier'
        when 'waits_at_pickup_point' then 'Remind the buyer to fetch it'
        when 'late' then 'Tell the buyer the new day'
        when 'never_scanned' then 'Look whether it left; void the label if it did not'
        else 'Ask the carrier to look for it'
    end as next_step,
    coalesce(values_by_order.order_value, 0)::double * greatest(judged.days_late, 1) as rank_score
from judged
left join values_by_order on judged.order_key = values_by_order.order_key
where judged.reason is not null
