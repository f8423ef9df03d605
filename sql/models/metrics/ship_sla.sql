with first_sent as (
    select labels.shipment_id, min(labels.created_at) as sent_at
    from {{ ref('stg_labels') }} as labels
    where labels.is_current and {{ is_live_label('labels') }}
    group by labels.shipment_id
    union all
    select shipment_id, min(created_at) as sent_at
    from {{ ref('stg_fulfillments') }}
    where is_current and not coalesce(is_voided, false) and voided_at is null
    group by shipment_id
),

sent as (
    select shipment_id, min(sent_at) as sent_at
    from first_sent
    group by shipment_id
),

due as (
    select
        shipments.shipment_id,
        shipments.store_id,
        sent.sent_at,
        case
            when shipments.ship_by_date is not null then {{ start_of_day('shipments.ship_by_date + 1') }}
            else shipments.created_at + interval 1 hour * {{ var('sla_hours') }}
        end as due_at,
        coalesce(
            shipments.ship_by_date,
            {{ local_date("shipments.created_at + interval 1 hour * " ~ var('sla_hours')) }}
        ) as due_date,
        -- A status that says "labelled" without a label that we know of: sent, nobody can tell when.
        sent.sent_at is null and not {{ is_open('shipments.shipment_status') }} as is_untold
    from {{ ref('stg_shipments') }} as shipments
    left join sent on shipments.shipment_id = sent.shipment_id
    where
        shipments.is_current
        and coalesce(shipments.shipment_status, '') <> 'cancelled'
        and not coalesce(shipments.is_return, false)
),

counted as (
    select
        due_date,
        store_id,
        count(*) as shipments,
        count(*) filter (where not is_untold and (due_at <= {{ as_of() }} or sent_at is not null)) as n,
        count(*) filter (where sent_at < due_at) as on_time,
        count(*) filter (where sent_at >= due_at) as late,
        count(*) filter (where sent_at is null and not is_untold and due_at <= {{ as_of() }}) as overdue,
        count(*) filter (where sent_at is null and not is_untold and due_at > {{ as_of() }}) as not_yet_due
    from due
    group by due_date, store_id
)

select
    *,
    on_time / nullif(n, 0)::double as sla_rate,
    n / nullif(shipments - not_yet_due, 0)::double as sla_coverage
from counted
