{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='shipment_id',
    on_schema_change='append_new_columns',
    pre_hook=[
        '{{ find_new_loads(tables_of_orders()) }}',
        '{{ find_pending(pending_numbers()) }}',
        '{{ forget_pending() }}',
    ],
    post_hook='{{ record_taken_loads() }}',
) }}

{% if is_incremental() -%}
with pending as materialized (
    select shipment_id from {{ pending_table() }}
),
{%- else -%}
with
{%- endif %}

shipments as {{ kept() }} (
    select
        *,
        {{ number_key() }} as number_key,
        {{ order_id() }} as order_id
    from {{ ref('stg_shipments') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

buyers as (
    select
        shipment_id,
        number_key,
        {{ buyer_key() }} as buyer_key,
        {{ external_key() }} as external_key
    from shipments
),

{{ keys_of_orders('buyers') }},

labels as {{ kept() }} (
    select
        * replace ({{ known_date('ship_date') }} as ship_date),
        -- One that could not be made is no parcel either.
        coalesce(is_voided, false) or coalesce(label_status in ('voided', 'error'), false) as is_void
    from {{ ref('stg_labels') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

fulfillments as {{ kept() }} (
    select
        * replace (
            {{ known_date('ship_date') }} as ship_date,
            {{ known_instant('delivered_at') }} as delivered_at
        )
    from {{ ref('stg_fulfillments') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

reports as not materialized (
    select * from {{ ref('carrier_reports') }}
),

-- A box is what has a number of its own. The label's number is that of one box; what is asked of the
-- label is told of that one.
boxes as (
    select
        labels.label_id,
        coalesce(packages.tracking_number, labels.tracking_number) as box_number_given,
        min(coalesce(packages.sequence, packages.package_index + 1, 1)) as box_number
    from labels
    left join {{ ref('stg_label_packages') }} as packages on labels.label_id = packages.label_id
    group by all
),

numbered_boxes as (
    select
        *,
        count(*) over (partition by label_id) as box_count
    from boxes
),

label_parcels as {{ kept() }} (
    select
        case
            when boxes.box_count = 1 or boxes.box_number_given = labels.tracking_number then labels.label_id
            else labels.label_id || '/' || coalesce(boxes.box_number_given, boxes.box_number::varchar)
        end as parcel_id,
        labels.shipment_id,
        labels.label_id,
        boxes.box_number,
        boxes.box_count,
        boxes.box_number_given as tracking_number,
        case when boxes.box_count = 1 or boxes.box_number_given = labels.tracking_number then labels.tracking_url end as tracking_url,
        labels.carrier_code,
        labels.service_code,
        labels.created_at,
        labels.ship_date,
        labels.is_void as is_voided,
        labels.voided_at,
        coalesce(labels.is_return_label, false) as is_return_label
    from labels
    inner join numbered_boxes as boxes on labels.label_id = boxes.label_id
),

parcels_with_labels as (
    select
        parcels.* replace (
            coalesce(reports.tracking_number, parcels.tracking_number) as tracking_number,
            coalesce(reports.tracking_url, parcels.tracking_url) as tracking_url,
            coalesce(parcels.carrier_code, reports.carrier_code) as carrier_code
        ),
        case when parcels.is_voided then 'cancelled' else coalesce(reports.state, 'unknown') end as state,
        case when parcels.is_voided then parcels.voided_at else reports.state_since end as state_since,
        reports.* exclude (
            parcel_id, label_id, state, state_since, tracking_number, tracking_url, carrier_code, observed_at
        ),
        reports.observed_at as changed_at
    from label_parcels as parcels
    left join reports on parcels.parcel_id = reports.parcel_id
),

-- A fulfillment that only mirrors a label adds no parcel.
own_fulfillments as (
    select
        fulfillments.fulfillment_id,
        coalesce(fulfillments.is_voided, false) as is_void
    from fulfillments
    anti join (
        select labels.shipment_id, boxes.box_number_given
        from labels
        inner join boxes on labels.label_id = boxes.label_id
    ) as numbers
        on fulfillments.shipment_id = numbers.shipment_id
        and fulfillments.tracking_number = numbers.box_number_given
),

parcels_without_labels as (
    select
        fulfillments.fulfillment_id as parcel_id,
        fulfillments.shipment_id,
        fulfillments.fulfillment_id,
        1 as box_number,
        1 as box_count,
        fulfillments.tracking_number,
        coalesce(fulfillments.fulfillment_provider_code, fulfillments.fulfillment_carrier_friendly_name) as carrier_code,
        fulfillments.fulfillment_service_code as service_code,
        fulfillments.created_at,
        fulfillments.ship_date,
        own_fulfillments.is_void as is_voided,
        fulfillments.voided_at,
        false as is_return_label,
        case
            when own_fulfillments.is_void then 'cancelled'
            when fulfillments.delivered_at is not null then 'delivered'
            else 'unknown'
        end as state,
        case when own_fulfillments.is_void then fulfillments.voided_at else fulfillments.delivered_at end as state_since,
        fulfillments.delivered_at,
        fulfillments.observed_at as changed_at
    from fulfillments
    inner join own_fulfillments on fulfillments.fulfillment_id = own_fulfillments.fulfillment_id
),

parcels as (
    select * from parcels_with_labels
    union all by name
    select * from parcels_without_labels
),

-- What still waits for a parcel under way has one row that is none.
under_way as (
    select shipment_id from labels
    where not is_void and not coalesce(is_return_label, false)
    union
    select fulfillments.shipment_id
    from fulfillments
    inner join own_fulfillments on fulfillments.fulfillment_id = own_fulfillments.fulfillment_id
    where not own_fulfillments.is_void
),

waiting as (
    select
        shipment_id,
        case when shipment_status = 'cancelled' then 'cancelled' else 'pre_transit' end as state,
        false as is_voided,
        false as is_return_label,
        created_at,
        observed_at as changed_at
    from shipments
    anti join under_way using (shipment_id)
),

rows as (
    select * from parcels
    union all by name
    select * from waiting
),

named as (
    select
        rows.*,
        -- A label may be met before its shipment is.
        coalesce(order_keys.order_key, '/' || rows.shipment_id) as order_key,
        coalesce(shipments.number_key, '/' || rows.shipment_id) as number_key,
        coalesce(shipments.order_id, rows.shipment_id) as order_id,
        shipments.store_id,
        shipments.shipment_status,
        shipments.created_at as ordered_at,
        coalesce({{ known_date('shipments.deliver_by_date') }}, rows.first_estimated_date) as promised_date
    from rows
    left join shipments on rows.shipment_id = shipments.shipment_id
    left join order_keys on rows.shipment_id = order_keys.shipment_id
)

select
    order_key,
    number_key,
    order_id,
    store_id,
    shipment_id,
    shipment_status,
    ordered_at,
    parcel_id,
    label_id,
    fulfillment_id,
    box_number,
    box_count,
    tracking_number,
    tracking_url,
    carrier_code,
    service_code,
    state,
    coalesce(state_since, created_at) as state_since,
    status_code,
    status_detail_code,
    status_description,
    carrier_status_description,
    exception_description,
    created_at,
    ship_date,
    shipped_at,
    promised_date,
    estimated_delivery_date,
    estimated_delivery_at,
    delivered_at,
    delivered_local_at,
    signer,
    coalesce(is_back_with_sender, false) as is_back_with_sender,
    last_event_at,
    last_event_local_at,
    last_event_description,
    last_city,
    last_state_province,
    last_country_code,
    coalesce(event_count, 0) as event_count,
    is_voided,
    is_return_label,
    changed_at
from named
order by order_key, shipment_id, parcel_id
