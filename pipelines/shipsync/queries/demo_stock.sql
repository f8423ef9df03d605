-- Three levels of different SKUs, the fullest first.
select sku, inventory_location_id, on_hand
from raw.inventory_levels
where _dlt_valid_to is null
qualify row_number() over (
    partition by sku order by on_hand desc, inventory_location_id
) = 1
order by on_hand desc, sku
limit 3
