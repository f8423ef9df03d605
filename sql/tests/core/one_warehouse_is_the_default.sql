{{ config(severity='warn') }}

select count(*) as default_warehouses
from {{ ref('warehouses') }}
where is_default
having count(*) > 1
