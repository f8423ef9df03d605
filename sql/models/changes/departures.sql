with gone as (
    select * from {{ source('sync_ledger', 'gone') }}
    where stream = 'shipments'
),

told as (
    select
        entity_id as shipment_id,
        times,
        closed_at,
        found_at,
        closed_because,
        merged_into,
        case when merged_into is null then ['closed_because'] else ['closed_because', 'merged_into'] end
            as changed_fields,
        to_json(map(changed_fields, list_transform(changed_fields, lambda name: null::json))) as before,
        to_json(
            map(changed_fields, list_filter([closed_because, merged_into], lambda value: value is not null))
        ) as after
    from gone
)

select * from told
