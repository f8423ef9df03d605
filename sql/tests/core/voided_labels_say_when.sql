{{ config(severity='warn') }}

select label_id, is_voided, voided_at
from {{ ref('labels') }}
where coalesce(is_voided, false) <> (voided_at is not null)
