{#- The pre-hook opens the transaction, so that the loads are noted in the one that takes them in. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='shipment_id',
    pre_hook='select 1',
    post_hook='{{ record_taken_loads(tables_of_orders()) }}',
) }}

{% if is_incremental() -%}
with pending as (
    {{ pending_shipments() }}
),
{%- else -%}
with
{%- endif %}

keys as (
    select
        shipment_id,
        any_value(order_key) as order_key
    from {{ ref('parcel_states') }}
    {{ only_pending('shipment_id') }}
    group by shipment_id
),

shipments as (
    select * from {{ ref('stg_shipments') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

labels as (
    select * from {{ ref('stg_labels') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

fulfillments as (
    select * from {{ ref('stg_fulfillments') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

items as (
    select distinct
        shipment_id,
        sales_order_id
    from {{ ref('stg_shipment_items') }}
    {{ only_pending('shipment_id') }}
),

further_boxes as (
    select distinct
        labels.shipment_id,
        packages.tracking_number
    from {{ ref('stg_label_packages') }} as packages
    inner join labels on packages.label_id = labels.label_id
    where packages.tracking_number <> labels.tracking_number
),

given as (
    select shipment_id, 'shipment_id' as kind, shipment_id as reference from shipments
    union all
    select shipment_id, 'shipment_number', shipment_number from shipments
    union all
    select shipment_id, 'external_order_id', external_order_id from shipments
    union all
    select shipment_id, 'external_shipment_id', external_shipment_id from shipments
    union all
    select shipment_id, 'sales_order_id', sales_order_id from items
    union all
    select shipment_id, 'tracking_number', tracking_number from labels
    union all
    select shipment_id, 'tracking_number', tracking_number from further_boxes
    union all
    select shipment_id, 'tracking_number', tracking_number from fulfillments
),

exact as (
    select
        shipment_id,
        kind,
        lower(trim(reference)) as reference,
        true as is_exact
    from given
    where trim(reference) <> ''
),

-- "#1001" and "LW-1001" are asked for as 1001 too.
shortened as (
    select
        shipment_id,
        kind,
        regexp_replace(reference, '^#?([a-z]{1,8}[-_ ])?#?', '') as reference,
        false as is_exact,
        reference as longer
    from exact
    where kind in ('shipment_number', 'external_order_id', 'sales_order_id')
),

every_form as (
    select * from exact
    union all
    select * exclude (longer) from shortened
    where reference <> '' and reference <> longer
),

order_references as (
    select
        every_form.reference,
        every_form.is_exact,
        every_form.kind,
        keys.order_key,
        every_form.shipment_id
    from every_form
    inner join keys on every_form.shipment_id = keys.shipment_id
)

select * from order_references
order by reference
