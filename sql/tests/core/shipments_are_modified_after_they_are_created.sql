{{ config(severity='warn') }}

select shipment_id, created_at, modified_at
from {{ ref('shipments') }}
where modified_at < created_at
