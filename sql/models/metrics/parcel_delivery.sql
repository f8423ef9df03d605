{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='shipment_id',
    on_schema_change='append_new_columns',
    pre_hook=[
        '{{ find_new_loads(tables_of_orders()) }}',
        '{{ find_pending(pending_shipments()) }}',
        '{{ forget_pending() }}',
    ],
    post_hook='{{ record_taken_loads() }}',
) }}

with
{%- if is_incremental() %} pending as (
    select shipment_id from {{ pending_table() }}
),
{%- endif %}

parcels as {{ kept() }} (
    select parcels.*
    from {{ ref('parcel_states') }} as parcels
    {%- if is_incremental() %}
    semi join pending on parcels.shipment_id = pending.shipment_id
    {%- endif %}
    left join {{ ref('stg_labels') }} as labels on parcels.label_id = labels.label_id and labels.is_current
    where
        parcels.parcel_id is not null
        and not parcels.is_voided
        and not parcels.is_return_label
        and not coalesce(labels.is_test_label, false)
),

-- depends_on: {{ ref('tracking_events') }}, {{ ref('tracking_codes') }}, {{ ref('tracking_states') }}
{{ scans_of('parcels', is_always=true) }},

first_outs as (
    select parcel_id, min(moment) as first_out_at
    from scans
    where state = 'out_for_delivery'
    group by parcel_id
),

folded as (
    select
        scans.parcel_id,
        min(scans.moment) filter (where {{ is_carrier_scan('scans') }}) as first_scan_at,
        max(scans.moment) filter (where {{ is_carrier_scan('scans') }}) as last_scan_at,
        min(scans.moment) filter (
            where scans.state in ('delivered', 'available_for_pickup')
            or scans.status_code = 'AT'
            or (scans.state in ('exception', 'return_to_sender') and scans.moment > first_outs.first_out_at)
            or (scans.state = 'out_for_delivery' and scans.moment > first_outs.first_out_at + interval 24 hours)
        ) as first_attempt_at,
        bool_or(coalesce(scans.state = 'exception', false)) as had_exception
    from scans
    left join first_outs on scans.parcel_id = first_outs.parcel_id
    group by scans.parcel_id
),

-- What the carrier said at any time; an answer of today may hold no estimate any more.
estimates as (
    select
        versions.parcel_id,
        versions.valid_from,
        {{ written_day('versions.estimated_delivery_at_text') }} as estimate_date
    from {{ ref('stg_tracking') }} as versions
    semi join parcels on versions.parcel_id = parcels.parcel_id
),

numbered_estimates as (
    select
        parcel_id,
        estimate_date,
        row_number() over (partition by parcel_id order by valid_from, estimate_date) as number,
        count(*) over (partition by parcel_id) as estimate_count
    from estimates
    where estimate_date is not null
),

estimate_ends as (
    select
        parcel_id,
        max(estimate_date) filter (where number = 1) as first_estimate_date,
        max(estimate_date) filter (where number = estimate_count) as last_estimate_date
    from numbered_estimates
    group by parcel_id
),

timed as (
    select
        parcels.*,
        shipments.warehouse_id,
        shipments.zone,
        shipments.ship_to_country_code,
        shipments.ship_to_state_province,
        shipments.ship_to_postal_code,
        shipments.ship_by_date,
        {{ known_date('shipments.deliver_by_date') }} as deliver_by_date,
        folded.first_scan_at,
        folded.last_scan_at,
        coalesce(folded.had_exception, false) as had_exception,
        coalesce(folded.first_attempt_at, parcels.delivered_at) as first_attempt_at,
        estimate_ends.first_estimate_date,
        estimate_ends.last_estimate_date,
        {{ hours_between('parcels.created_at', 'folded.first_scan_at') }} as handover_hours
    from parcels
    left join {{ ref('stg_shipments') }} as shipments
        on parcels.shipment_id = shipments.shipment_id and shipments.is_current
    left join folded on parcels.parcel_id = folded.parcel_id
    left join estimate_ends on parcels.parcel_id = estimate_ends.parcel_id
)

select * from {{ judged_parcels('timed') }}
