with lines as (
    select * from {{ ref('stg_shipment_items') }}
)

select * from lines
