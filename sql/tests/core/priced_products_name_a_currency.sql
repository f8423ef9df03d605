{{ config(severity='warn') }}

select product_id, price, price_currency
from {{ ref('products') }}
where price is not null and price_currency is null
