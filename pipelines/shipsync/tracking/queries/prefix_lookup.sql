-- Shipments whose number is the asked one behind a shop's prefix: one row per reference and shipment.
-- Reads every number, so it is asked only when nothing else was found.
with

wanted as (
    select unnest(from_json($asked, '["VARCHAR"]')) as asked, unnest(from_json($digits, '["VARCHAR"]')) as digits
),

numbers as (
    select
        shipment_id,
        shipment_number,
        regexp_extract(shipment_number, '([0-9]+)$', 1) as digits
    from raw.shipments
    where _dlt_valid_to is null
)

select wanted.asked, numbers.shipment_id
from numbers
inner join wanted on numbers.digits = wanted.digits
where numbers.shipment_number <> numbers.digits
