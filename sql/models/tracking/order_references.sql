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
    select distinct
        shipment_id,
        order_key
    from {{ ref('parcel_states') }}
    {{ only_pending('shipment_id') }}
),

-- Each table is read once and nothing of it is kept: a million shipments have seven million references.
of_shipments as (
    select
        shipment_id,
        unnest(['shipment_id', 'shipment_number', 'external_order_id', 'external_shipment_id']) as kind,
        unnest([shipment_id, shipment_number, external_order_id, external_shipment_id]) as given
    from {{ ref('stg_shipments') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

of_items as (
    select distinct
        shipment_id,
        'sales_order_id' as kind,
        sales_order_id as given
    from {{ ref('stg_shipment_items') }}
    {{ only_pending('shipment_id') }}
    where sales_order_id is not null
),

of_labels as (
    select
        shipment_id,
        'tracking_number' as kind,
        tracking_number as given
    from {{ ref('stg_labels') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

of_further_boxes as (
    select distinct
        labels.shipment_id,
        'tracking_number' as kind,
        packages.tracking_number as given
    from {{ ref('stg_label_packages') }} as packages
    inner join {{ ref('stg_labels') }} as labels
        on packages.label_id = labels.label_id and packages.tracking_number <> labels.tracking_number
    {%- if is_incremental() %}
    semi join pending on labels.shipment_id = pending.shipment_id
    {%- endif %}
    where labels.is_current
),

of_fulfillments as (
    select
        shipment_id,
        'tracking_number' as kind,
        tracking_number as given
    from {{ ref('stg_fulfillments') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

given_names as (
    select * from of_shipments
    union all
    select * from of_items
    union all
    select * from of_labels
    union all
    select * from of_further_boxes
    union all
    select * from of_fulfillments
),

written as (
    select
        shipment_id,
        kind,
        lower(trim(given)) as exact
    from given_names
    where trim(given) <> ''
),

-- "#1001" and "LW-1001" are asked for as 1001 too.
forms as (
    select
        shipment_id,
        kind,
        exact,
        unnest([true, false]) as is_exact,
        unnest([
            exact,
            case
                when kind in ('shipment_number', 'external_order_id', 'sales_order_id')
                    then nullif(regexp_replace(exact, '^#?([a-z]{1,8}[-_ ])?#?', ''), exact)
            end
        ]) as reference
    from written
),

order_references as (
    select
        forms.reference,
        forms.is_exact,
        forms.kind,
        keys.order_key,
        forms.shipment_id
    from forms
    inner join keys on forms.shipment_id = keys.shipment_id
    where forms.reference <> ''
)

select * from order_references
order by reference
