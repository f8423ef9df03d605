{#- The columns of metrics.parcel_delivery from the times of each parcel: hours, days, and what they amount to. -#}
{% macro judged_parcels(timed) -%}
(
    with days as (
        select
            *,
            {{ local_date('first_attempt_at') }} as first_attempt_date,
            {{ local_date('delivered_at') }} as delivered_date,
            {{ local_date('first_scan_at') }} as first_scan_date
        from {{ timed }}
    ),

    judged as (
        select
            *,
            case
                when first_attempt_date is null or first_estimate_date is null then 'unknown'
                when first_attempt_date > first_estimate_date then 'late'
                when {{ days_of('first_attempt_date', 'first_estimate_date') }} > 1 then 'early'
                else 'on_time'
            end as delivery_punctuality
        from days
    )

    select
        parcel_id,
        shipment_id,
        label_id,
        fulfillment_id,
        box_number,
        tracking_number,
        carrier_code,
        service_code,
        warehouse_id,
        zone,
        store_id,
        ship_to_country_code,
        ship_to_state_province,
        ship_to_postal_code,
        state,
        ordered_at,
        created_at as labelled_at,
        ship_date,
        ship_by_date,
        deliver_by_date,
        first_scan_at,
        last_scan_at,
        first_attempt_at,
        delivered_at,
        {{ hours_between('ordered_at', 'created_at') }} as label_hours,
        handover_hours,
        case when delivered_at >= first_scan_at then {{ hours_between('first_scan_at', 'delivered_at') }} end as transit_hours,
        case
            when delivered_at >= first_scan_at
                then ({{ weekdays_before('delivered_date + 1') }}) - ({{ weekdays_before('first_scan_date + 1') }})
        end as transit_business_days,
        {{ hours_between('ordered_at', 'delivered_at') }} as order_to_delivery_hours,
        case
            when event_count = 0 or first_attempt_at is null then null
            else coalesce(delivered_at = first_attempt_at, false)
        end as is_first_attempt_success,
        first_estimate_date,
        last_estimate_date,
        {{ days_of('first_estimate_date', 'last_estimate_date') }} as estimate_slip_days,
        delivery_punctuality,
        delivered_date <= deliver_by_date as is_promise_kept,
        case
            when delivery_punctuality <> 'late' then null
            when coalesce(first_scan_date > ship_by_date, false) or coalesce(handover_hours > 24, false) then 'merchant'
            else 'carrier'
        end as late_cause,
        had_exception,
        event_count
    from judged
)
{%- endmacro %}
