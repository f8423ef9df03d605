{{ config(
    materialized='incremental',
    on_schema_change='append_new_columns',
    incremental_strategy='delete+insert',
    unique_key='shipment_id',
    pre_hook=[
        '{{ find_new_loads(tables_of_orders()) }}',
        '{{ find_pending(pending_shipments()) }}',
        '{{ forget_pending() }}',
    ],
    post_hook='{{ record_taken_loads() }}',
) }}

{% if is_incremental() -%}
with pending as (
    select shipment_id from {{ pending_table() }}
),
{%- else -%}
with
{%- endif %}

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

labels as {{ kept() }} (
    select label_id, shipment_id, tracking_number
    from {{ ref('stg_labels') }}
    {{ only_pending('shipment_id') }}
    where is_current
),

of_labels as (
    select
        shipment_id,
        'tracking_number' as kind,
        tracking_number as given
    from labels
),

of_further_boxes as (
    select distinct
        labels.shipment_id,
        'tracking_number' as kind,
        packages.tracking_number as given
    from {{ ref('stg_label_packages') }} as packages
    inner join labels on packages.label_id = labels.label_id and packages.tracking_number <> labels.tracking_number
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

given_names as {{ kept() }} (
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
        {{ folded_number('given') }} as exact
    from given_names
    where trim(given) <> ''
),

read_numbers as (
    select
        shipment_id,
        kind,
        exact,
        {{ number_parts('exact') }} as parts
    from written
    where exact <> '' and kind = 'shipment_number'
),

-- "LW-1001-EU" is asked for as 1001, LW-1001 and 1001-EU too, and "00012" as 12, if these are ways of the shop.
bare as (
    select
        shipment_id,
        kind,
        nullif({{ letters_of('parts.prefix') }}, '') as prefix,
        nullif({{ letters_of('parts.suffix') }}, '') as suffix,
        parts,
        unnest([true, true, false, false, true]) as is_without_prefix,
        unnest([true, false, true, false, true]) as is_without_suffix,
        unnest([false, false, false, true, true]) as is_without_zeros
    from read_numbers
    where parts.core <> ''
),

shorter as (
    select
        shipment_id,
        kind,
        case when is_without_prefix then prefix end as prefix,
        case when is_without_suffix then suffix end as suffix,
        case
            when is_without_zeros then {{ letters_of('parts.prefix') }} || '/' || {{ letters_of('parts.suffix') }}
        end as padding,
        case when is_without_prefix then '' else parts.prefix end
        || case when is_without_zeros then ltrim(parts.core, '0') else parts.core end
        || case when is_without_suffix then '' else parts.suffix end as reference
    from bare
    where
        (is_without_prefix or is_without_suffix or is_without_zeros)
        and (prefix is not null or not is_without_prefix or is_without_zeros)
        and (suffix is not null or not is_without_suffix or is_without_zeros)
        and (not is_without_zeros or (starts_with(parts.core, '0') and regexp_full_match(parts.core, '0*[1-9][0-9]*')))
),

order_names as (
    select
        exact as reference,
        true as is_exact,
        kind,
        shipment_id,
        null::varchar as prefix,
        null::varchar as suffix,
        null::varchar as padding
    from written
    where exact <> ''

    union all

    select distinct
        reference,
        false as is_exact,
        kind,
        shipment_id,
        prefix,
        suffix,
        padding
    from shorter
)

select * from order_names
order by reference
