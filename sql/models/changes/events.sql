{#- The pre-hook opens the transaction, so that numbers are taken in the one that commits them. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns',
    pre_hook='select 1',
    post_hook=['{{ record_processed_loads() }}', 'delete from {{ ref("pending_versions") }}'],
) }}

with bounds as (
    select * from {{ ref('bounds') }}
),

pending_versions as (
    select * from {{ ref('pending_versions') }}
),

pending_changes as (
    select * from {{ ref('pending_changes') }}
),

departures as (
    select * from {{ ref('departures') }}
),

fulfillments as (
    select * from {{ ref('stg_fulfillments') }}
    where is_current
),

-- One for each entity, whatever was in its first version.
creations as (
    select
        case stream when 'shipments' then 'new_shipment' else 'new_fulfillment' end as trigger,
        entity_id,
        shipment_id,
        null as version_identity,
        coalesce(created_at, observed_at) as occurred_at,
        observed_at as detected_at,
        load_id,
        version_number
    from pending_versions
    cross join bounds
    where
        version_number = 1
        and coalesce(created_at, observed_at) >= changes_since
        and observed_at > changes_since
),

modifications as (
    select
        case stream when 'shipments' then 'shipment_modified' else 'fulfillment_modified' end as trigger,
        entity_id,
        pending_versions.shipment_id,
        content_hash || '/' || occurrence_of_content as version_identity,
        -- A fulfillment has no time of modification: the void or the delivery itself, if it is one.
        coalesce(
            modified_at,
            case when list_contains(pending_changes.changed_fields, 'voided_at') then pending_changes.after ->> 'voided_at' end::timestamptz,
            case when list_contains(pending_changes.changed_fields, 'delivered_at') then pending_changes.after ->> 'delivered_at' end::timestamptz,
            observed_at
        ) as occurred_at,
        observed_at as detected_at,
        load_id,
        version_number,
        pending_changes.changed_fields is null and departures.closed_at is null as is_touch,
        -- A shipment that was gone and is there again.
        case
            when departures.closed_at is null then pending_changes.changed_fields
            else list_sort(list_append(coalesce(pending_changes.changed_fields, []), 'closed_because'))
        end as changed_fields,
        {{ with_closed_because('pending_changes.before', 'departures.closed_because') }} as before,
        {{ with_closed_because('pending_changes.after', 'null') }} as after
    from pending_versions
    left join pending_changes using (stream, entity_id, valid_from)
    left join departures
        on pending_versions.stream = 'shipments'
        and pending_versions.entity_id = departures.shipment_id
        and pending_versions.previous_valid_to = departures.closed_at
    where version_number > 1
),

-- Each time that a shipment goes: it may come back.
gone as (
    select
        'shipment_gone' as trigger,
        departures.shipment_id as entity_id,
        departures.shipment_id,
        departures.times::varchar as version_identity,
        departures.found_at as occurred_at,
        departures.found_at as detected_at,
        departures.changed_fields,
        departures.before,
        departures.after
    from departures
),

-- A fact of the calendar as much as of a version: a date in the future comes without anything changing.
shipped as (
    select
        'fulfillment_shipped' as trigger,
        fulfillment_id as entity_id,
        shipment_id,
        null as version_identity,
        {{ start_of_day('ship_date') }} as occurred_at,
        case when ship_date <= {{ local_date('observed_at') }} then observed_at else as_of end as detected_at,
        load_id
    from fulfillments
    cross join bounds
    where
        ship_date <= {{ local_date('as_of') }}
        and not coalesce(is_voided, false)
        and voided_at is null
        and (
            ship_date > {{ local_date('changes_since') }}
            or (coalesce(created_at, observed_at) >= changes_since and observed_at > changes_since)
        )
),

candidates as (
    select * from creations
    union all by name
    select * from modifications
    union all by name
    select * from gone
    union all by name
    select * from shipped
),

identified as (
    select
        *,
        md5(concat_ws('/', trigger, entity_id, version_identity)) as event_id
    from candidates
),

unseen as (
    select * from identified
    {% if is_incremental() -%}
    where event_id not in (select event_id from {{ this }})
    {%- endif %}
),

numbered as (
    select
        {% if is_incremental() -%}
        (select coalesce(max(sequence), 0) from {{ this }}) +
        {%- endif %}
        row_number() over (
            order by
                detected_at,
                case trigger
                    when 'new_shipment' then 1
                    when 'shipment_modified' then 2
                    when 'shipment_gone' then 3
                    when 'new_fulfillment' then 4
                    when 'fulfillment_modified' then 5
                    else 6
                end,
                occurred_at,
                entity_id,
                version_number,
                event_id
        ) as sequence,
        event_id,
        trigger,
        entity_id,
        shipment_id,
        occurred_at,
        detected_at,
        load_id,
        coalesce(is_touch, false) as is_touch,
        coalesce(changed_fields, []) as changed_fields,
        before,
        after
    from unseen
)

select * from numbered
