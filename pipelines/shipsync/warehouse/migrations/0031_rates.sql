-- What carriers would charge for shipments, each time it was asked. Rows are only ever added.
create table ledger.rates (
    asked_at timestamptz not null,
    connection varchar not null,
    shipment_id varchar not null,
    rate_id varchar,
    carrier_id varchar,
    carrier_code varchar,
    carrier_name varchar,
    service_code varchar,
    service_name varchar,
    package_type varchar,
    delivery_days integer,
    estimated_delivery_at timestamptz,
    -- shipping, insurance, confirmation, other and tax together: what the label would cost;
    -- null when they came in different currencies
    total_amount decimal(18, 4),
    total_amount_currency varchar,
    shipping_amount decimal(18, 4),
    is_guaranteed boolean,
    is_trackable boolean,
    -- false where the carrier names an error, or the API counts the rate as invalid
    is_usable boolean not null,
    messages varchar[]
);

-- The usable rates that were asked for last, for each shipment: 1 is the cheapest, and the soonest.
create view ledger.rates_latest as
select
    *,
    row_number() over (
        partition by connection, shipment_id, total_amount_currency
        order by total_amount nulls last, delivery_days nulls last, rate_id
    ) as price_rank,
    row_number() over (
        partition by connection, shipment_id
        order by delivery_days nulls last, total_amount nulls last, rate_id
    ) as days_rank
from (
    select *
    from ledger.rates
    qualify asked_at = max(asked_at) over (partition by connection, shipment_id)
) as last_asked
where is_usable;
