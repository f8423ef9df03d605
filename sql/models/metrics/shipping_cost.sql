{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='shipment_id',
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ find_new_loads(['shipments', 'shipment_items', 'labels', 'label_packages']) }}",
        "{{ find_pending(pending_shipments(['shipments', 'shipment_items', 'labels', 'label_packages'])) }}",
        '{{ forget_pending() }}',
    ],
    post_hook='{{ record_taken_loads() }}',
) }}

with
{%- if is_incremental() %} pending as (
    select shipment_id from {{ pending_table() }}
),
{%- endif %}

labels as (
    select *
    from {{ ref('stg_labels') }} as labels
    {{ only_pending('shipment_id') }}
    where labels.is_current and {{ is_live_label('labels') }}
),

-- What each box weighs by its scales and by its size.
boxes as (
    select
        packages.label_id,
        ({{ pounds('packages.weight_value', 'packages.weight_unit') }})::decimal(18, 6) as pounds,
        ({{ inches('packages.dimensions_length', 'packages.dimensions_unit') }}
        * {{ inches('packages.dimensions_width', 'packages.dimensions_unit') }}
        * {{ inches('packages.dimensions_height', 'packages.dimensions_unit') }}
        / {{ var('dimensional_divisor') }}::double)::decimal(18, 6) as dimensional_pounds
    from {{ ref('stg_label_packages') }} as packages
    semi join labels on packages.label_id = labels.label_id
),

weighed as (
    select
        label_id,
        count(*) as boxes,
        sum(pounds)::decimal(18, 6) as pounds,
        sum(dimensional_pounds)::decimal(18, 6) as dimensional_pounds,
        bool_or(dimensional_pounds > pounds) as is_dimensional
    from boxes
    group by label_id
),

units as (
    select items.shipment_id, sum(items.quantity)::bigint as units
    from {{ ref('stg_shipment_items') }} as items
    semi join labels on items.shipment_id = labels.shipment_id
    where {{ is_goods('items') }}
    group by items.shipment_id
),

-- The carrier's own lines of the bill, of which some carriers give none.
positions as (
    select unnest(range(0, 24)) as position
),

bill_lines as (
    select
        labels.label_id,
        json_extract_string(labels.rate_details, '$[' || positions.position || '].rate_detail_type') as kind,
        json_extract_string(labels.rate_details, '$[' || positions.position || '].amount.amount')::decimal(18, 4) as amount
    from labels
    cross join positions
    where positions.position < json_array_length(labels.rate_details)
),

surcharges as (
    select
        label_id,
        sum(amount) filter (where coalesce(kind, '') <> 'shipping') as surcharge
    from bill_lines
    group by label_id
),

costs as (
    select
        labels.label_id,
        labels.shipment_id,
        shipments.store_id,
        shipments.warehouse_id,
        labels.carrier_code,
        labels.service_code,
        shipments.requested_shipment_service,
        shipments.zone,
        shipments.ship_to_state_province,
        shipments.ship_to_country_code,
        labels.package_code,
        labels.created_at as labelled_at,
        {{ local_date('labels.created_at') }} as labelled_date,
        labels.shipment_cost_currency as currency,
        labels.shipment_cost,
        case
            when labels.insurance_cost_currency = labels.shipment_cost_currency then coalesce(labels.insurance_cost, 0)
            else 0
        end as insurance_cost,
        case when surcharges.label_id is not null then coalesce(surcharges.surcharge, 0) end as surcharge,
        weighed.boxes,
        weighed.pounds,
        weighed.dimensional_pounds,
        weighed.is_dimensional,
        units.units
    from labels
    left join {{ ref('stg_shipments') }} as shipments
        on labels.shipment_id = shipments.shipment_id and shipments.is_current
    left join weighed on labels.label_id = weighed.label_id
    left join units on labels.shipment_id = units.shipment_id
    left join surcharges on labels.label_id = surcharges.label_id
)

select * replace (insurance_cost::decimal(18, 4) as insurance_cost, surcharge::decimal(18, 4) as surcharge),
    (shipment_cost + insurance_cost)::decimal(18, 4) as cost,
    case when pounds < 1 then 'under 1 lb' when pounds < 5 then '1 to 5 lb' when pounds < 20 then '5 to 20 lb' when pounds >= 20 then '20 lb and over' end as weight_band
from costs
