{#- By SKU, for nothing says from which location a label's units were taken. -#}
with changes as (
    select sku, day, sum(change)::bigint as change
    from {{ ref('stock_history') }}
    where change is not null
    group by sku, day
),

first_labels as (
    select labels.shipment_id, {{ local_date('min(labels.created_at)') }} as day
    from {{ ref('stg_labels') }} as labels
    where labels.is_current and {{ is_live_label('labels') }}
    group by labels.shipment_id
),

labelled as (
    select items.sku, first_labels.day, sum(items.quantity)::bigint as labelled_units
    from {{ ref('stg_shipment_items') }} as items
    inner join first_labels on items.shipment_id = first_labels.shipment_id
    where {{ is_goods('items') }}
    group by items.sku, first_labels.day
),

-- Writes that were applied; an adjust sets a level, so its change is what it found and what it left.
own as (
    select
        json_extract_string(request, '$.sku') as sku,
        {{ local_date('settled_at') }} as day,
        sum(
            case json_extract_string(request, '$.transaction_type')
                when 'increment' then json_extract_string(request, '$.quantity')::bigint
                when 'decrement' then -json_extract_string(request, '$.quantity')::bigint
                when 'adjust' then json_extract_string(request, '$.quantity')::bigint
                    - coalesce(json_extract_string(reading_before, '$.levels[0].on_hand')::bigint, 0)
                else 0
            end
        )::bigint as own_units
    from {{ source('ledger_of_metrics', 'outbox_current') }}
    where kind = 'stock' and state = 'applied'
    group by 1, 2
)

select
    changes.sku,
    changes.day,
    changes.change,
    coalesce(own.own_units, 0) as own_units,
    coalesce(labelled.labelled_units, 0) as labelled_units,
    changes.change - coalesce(own.own_units, 0) + coalesce(labelled.labelled_units, 0) as unexplained
from changes
left join own on changes.sku = own.sku and changes.day = own.day
left join labelled on changes.sku = labelled.sku and changes.day = labelled.day
