insert into ledger.rates by name
select
    $asked_at::timestamptz as asked_at,
    $connection as connection,
    rate.*
from (
    select
        unnest(
            from_json(
                $rates,
                '[{
                    "shipment_id": "VARCHAR",
                    "rate_id": "VARCHAR",
                    "carrier_id": "VARCHAR",
                    "carrier_code": "VARCHAR",
                    "carrier_name": "VARCHAR",
                    "service_code": "VARCHAR",
                    "service_name": "VARCHAR",
                    "package_type": "VARCHAR",
                    "delivery_days": "INTEGER",
                    "estimated_delivery_at": "TIMESTAMPTZ",
                    "total_amount": "DECIMAL(18, 4)",
                    "total_amount_currency": "VARCHAR",
                    "shipping_amount": "DECIMAL(18, 4)",
                    "is_guaranteed": "BOOLEAN",
                    "is_trackable": "BOOLEAN",
                    "is_usable": "BOOLEAN",
                    "messages": ["VARCHAR"]
                }]'
            )
        ) as rate
)
