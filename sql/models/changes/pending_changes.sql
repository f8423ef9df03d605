{#- Columns that say when and how a version came, not what it holds. -#}
{% set not_compared = [
    'modified_at', 'content_hash', 'valid_from', 'valid_to', 'is_current', 'observed_at', 'load_id',
    'is_newer',
] %}

with successors as (
    select stream, entity_id, valid_from, previous_valid_from, load_id, previous_valid_to
    from {{ ref('pending_versions') }}
    where version_number > 1
),

-- Both versions are found by when they began or ended, so that rows of other loads are not read.
shipments as (
    {{ compared_versions('shipments', 'shipment_id') }}
),

fulfillments as (
    {{ compared_versions('fulfillments', 'fulfillment_id') }}
),

shipments_as_told as (
    select * replace ({{ iso_instant('created_at') }} as created_at, {{ iso_instant('ship_at') }} as ship_at)
    from shipments
),

fulfillments_as_told as (
    select * replace (
        {{ iso_instant('created_at') }} as created_at,
        {{ iso_instant('voided_at') }} as voided_at,
        {{ iso_instant('delivered_at') }} as delivered_at
    )
    from fulfillments
),

documents as (
    select
        'shipments' as stream,
        shipment_id as entity_id,
        valid_from,
        is_newer,
        to_json(shipments) as document
    from shipments_as_told as shipments
    union all
    select
        'fulfillments' as stream,
        fulfillment_id as entity_id,
        valid_from,
        is_newer,
        to_json(fulfillments) as document
    from fulfillments_as_told as fulfillments
),

entries as (
    select
        stream,
        entity_id,
        valid_from,
        is_newer,
        unnest(map_entries(document::map(varchar, json))) as entry
    from documents
),

fields as (
    select stream, entity_id, valid_from, is_newer, entry.key as field, entry.value
    from entries
    where entry.key not in ('{{ not_compared | join("', '") }}')
),

differing as (
    select
        successors.stream,
        successors.entity_id,
        successors.valid_from,
        newer.field,
        older.value as before,
        newer.value as after
    from successors
    inner join fields as newer
        on successors.stream = newer.stream
        and successors.entity_id = newer.entity_id
        and successors.valid_from = newer.valid_from
        and newer.is_newer
    inner join fields as older
        on successors.stream = older.stream
        and successors.entity_id = older.entity_id
        and successors.previous_valid_from = older.valid_from
        and not older.is_newer
        and newer.field = older.field
    where newer.value is distinct from older.value
),

-- Nested values may differ in the order of their keys alone: what counts is the set of their leaves.
changed as (
    select *
    from differing
    where {{ json_leaves('before') }} is distinct from {{ json_leaves('after') }}
),

changes as (
    select
        stream,
        entity_id,
        valid_from,
        list(field order by field) as changed_fields,
        to_json(map(list(field order by field), list(before order by field))) as before,
        to_json(map(list(field order by field), list(after order by field))) as after
    from changed
    group by stream, entity_id, valid_from
)

select * from changes
