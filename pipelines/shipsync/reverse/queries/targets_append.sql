-- Adds what differs from what was said last; with $replace, also that the rest is wanted no more.
insert into ledger.stock_targets (recorded_at, source, sku, inventory_location_id, target)
with given as (
    select target.sku, target.inventory_location_id, target.target
    from (
        select
            unnest(
                from_json(
                    $targets,
                    '[{"sku": "VARCHAR", "inventory_location_id": "VARCHAR", "target": "BIGINT"}]'
                )
            ) as target
    )
),

last_said as (
    select sku, inventory_location_id, arg_max_null(target, sequence) as target
    from ledger.stock_targets
    group by sku, inventory_location_id
),

compared as (
    select
        coalesce(given.sku, last_said.sku) as sku,
        coalesce(given.inventory_location_id, last_said.inventory_location_id) as inventory_location_id,
        given.target,
        last_said.target as target_before,
        given.sku is not null as is_given
    from given
    full join last_said
        on given.sku = last_said.sku
        and given.inventory_location_id = last_said.inventory_location_id
)

select $recorded_at, $source, sku, inventory_location_id, target
from compared
where (is_given or $replace) and target is distinct from target_before
order by sku, inventory_location_id
returning target is null as is_withdrawn
