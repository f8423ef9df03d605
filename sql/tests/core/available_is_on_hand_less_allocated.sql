{{ config(severity='warn') }}

select sku, inventory_location_id, on_hand, allocated, available
from {{ ref('inventory_levels') }}
where available <> on_hand - allocated
