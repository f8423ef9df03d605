{{ config(materialized='table') }}

with bounds as (
    select * from {{ ref('bounds') }}
),

processed_loads as (
    select distinct stream, load_id
    from {{ source('bookkeeping', 'processed_loads') }}
    -- A load read with a later changes_since is read again: it may hold entities that were left out.
    where changes_since <= (select changes_since from bounds)
),

versions as (
    select
        'shipments' as stream,
        shipment_id as entity_id,
        shipment_id,
        created_at,
        modified_at,
        content_hash,
        valid_from,
        valid_to,
        observed_at,
        load_id
    from {{ ref('stg_shipments') }}
    union all
    select
        'fulfillments' as stream,
        fulfillment_id as entity_id,
        shipment_id,
        created_at,
        null as modified_at,
        content_hash,
        valid_from,
        valid_to,
        observed_at,
        load_id
    from {{ ref('stg_fulfillments') }}
),

unprocessed as (
    select stream, entity_id, load_id
    from versions
    anti join processed_loads using (stream, load_id)
),

-- Only entities that changed are numbered, so the cost follows the change and not the account.
numbered as (
    select
        *,
        row_number() over by_age as version_number,
        row_number() over (
            partition by stream, entity_id, content_hash
            order by valid_from, load_id
        ) as occurrence_of_content,
        lag(valid_from) over by_age as previous_valid_from,
        lag(valid_to) over by_age as previous_valid_to
    from versions
    semi join unprocessed using (stream, entity_id)
    window by_age as (
        partition by stream, entity_id
        order by valid_from, load_id, content_hash
    )
),

pending as (
    select * exclude (valid_to)
    from numbered
    semi join unprocessed using (stream, entity_id, load_id)
)

select * from pending
