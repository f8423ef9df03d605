{#- The pre-hook opens the transaction, so that the loads are noted in the one that takes them in. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='shipment_id',
    pre_hook='select 1',
    post_hook='{{ record_taken_loads(tables_of_orders()) }}',
) }}

with pending as (
    {{ pending_shipments() }}
),

shipments as (
    select
        *,
        {{ order_key() }} as order_key
    from {{ ref('stg_shipments') }}
    semi join pending using (shipment_id)
    where is_current
),

labels as (
    select * from {{ ref('stg_labels') }}
    semi join pending using (shipment_id)
    where is_current
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
    select shipment_id, 'sales_order_id', sales_order_id
    from {{ ref('stg_shipment_items') }}
    semi join pending using (shipment_id)
    union all
    select shipment_id, 'tracking_number', tracking_number from labels
    union all
    select labels.shipment_id, 'tracking_number', packages.tracking_number
    from {{ ref('stg_label_packages') }} as packages
    inner join labels on packages.label_id = labels.label_id
    union all
    select shipment_id, 'tracking_number', tracking_number
    from {{ ref('stg_fulfillments') }}
    semi join pending using (shipment_id)
    where is_current
),

exact as (
    select shipment_id, kind, lower(trim(reference)) as reference, true as is_exact
    from given
    where trim(reference) <> ''
),

-- "#1001" and "LW-1001" are asked for as 1001 too.
bare as (
    select
        shipment_id,
        kind,
        regexp_replace(reference, '^#?([a-z]{1,8}[-_ ])?#?', '') as reference,
        false as is_exact
    from exact
    where kind in ('shipment_number', 'external_order_id', 'sales_order_id')
),

all_references as (
    select * from exact
    union
    select * from bare where reference <> ''
),

order_references as (
    select
        all_references.reference,
        -- A bare form equal to an exact one adds nothing.
        bool_or(all_references.is_exact) as is_exact,
        arg_max(all_references.kind, all_references.is_exact) as kind,
        coalesce(any_value(shipments.order_key), '/' || all_references.shipment_id) as order_key,
        all_references.shipment_id
    from all_references
    left join shipments on all_references.shipment_id = shipments.shipment_id
    group by all_references.reference, all_references.shipment_id
)

select * from order_references
order by reference, shipment_id
