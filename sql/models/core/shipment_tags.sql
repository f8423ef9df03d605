with lines as (
    select * from {{ ref('stg_shipment_tags') }}
)

select * from lines
