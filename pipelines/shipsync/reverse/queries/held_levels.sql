-- A location lies in one warehouse; should a level come for two, its units are added up.
select
    sku,
    inventory_location_id,
    sum(on_hand)::bigint as on_hand,
    sum(allocated)::bigint as allocated,
    any_value(average_cost) as average_cost,
    any_value(average_cost_currency) as average_cost_currency
from raw.inventory_levels
where
    _dlt_valid_to is null
    and sku is not null
    and inventory_location_id is not null
group by sku, inventory_location_id
