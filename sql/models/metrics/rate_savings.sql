with costs as (
    select * from {{ ref('shipping_cost') }}
    where cost is not null
),

quotes as (
    select * from {{ source('ledger_of_metrics', 'rates') }}
    where is_usable and total_amount is not null
),

-- The quotes of the last time it was asked before the label was bought.
asked as (
    select costs.label_id, max(quotes.asked_at) as asked_at
    from costs
    inner join quotes on costs.shipment_id = quotes.shipment_id and quotes.asked_at <= costs.labelled_at
    group by costs.label_id
),

offered as (
    select
        costs.label_id,
        costs.shipment_id,
        costs.carrier_code as bought_carrier_code,
        costs.service_code as bought_service_code,
        costs.currency,
        costs.cost as paid,
        quotes.rate_id,
        quotes.carrier_code,
        quotes.service_code,
        quotes.package_type,
        quotes.total_amount as quoted,
        quotes.delivery_days,
        asked.asked_at,
        min(quotes.delivery_days) filter (where quotes.service_code = costs.service_code)
            over (partition by costs.label_id) as bought_delivery_days
    from costs
    inner join asked on costs.label_id = asked.label_id
    inner join quotes
        on costs.shipment_id = quotes.shipment_id
        and asked.asked_at = quotes.asked_at
        and costs.currency = quotes.total_amount_currency
),

compared as (
    select
        *,
        service_code <> bought_service_code
        and coalesce(delivery_days <= bought_delivery_days, false) as is_as_fast
    from offered
)

select
    * exclude (asked_at),
    asked_at,
    (paid - quoted)::decimal(18, 4) as saving,
    is_as_fast
    and quoted < paid
    and row_number() over (
        partition by label_id
        order by is_as_fast desc, quoted, delivery_days, rate_id, service_code, package_type
    ) = 1 as is_best
from compared
