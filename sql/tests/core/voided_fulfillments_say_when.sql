{{ config(severity='warn') }}

select fulfillment_id, is_voided, voided_at
from {{ ref('fulfillments') }}
where coalesce(is_voided, false) <> (voided_at is not null)
