with lines as (
    select * from {{ ref('stg_shipment_packages') }}
)

select * from lines
