-- All versions, the closed ones too: a SKU leaves the list of levels when nothing is on hand.
select sku from raw.inventory_levels where sku is not null
union
select sku from raw.products where sku is not null
