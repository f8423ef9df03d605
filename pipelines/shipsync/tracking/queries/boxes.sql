-- The boxes of some labels that have a number, in their order: one row per box.
with

wanted as (
    select unnest(from_json($label_ids, '["VARCHAR"]')) as label_id
)

select packages.label_id, packages.tracking_number
from raw.label_packages as packages
inner join wanted on packages.label_id = wanted.label_id
where packages.tracking_number is not null
order by packages.label_id, packages.sequence, packages.package_index
