with lines as (
    select * from {{ ref('stg_label_packages') }}
)

select * from lines
