-- name: database_file
-- The file that the connection has open.
select path from duckdb_databases() where database_name = current_database()

-- name: stored_carriers
select carrier_id, carrier_code
from raw.carriers
where _dlt_valid_to is null and carrier_id is not null
order by carrier_id

-- name: stored_levels
-- A location lies in one warehouse; should a level come for two, its units are added up. One that came
-- without a whole number on hand has none here either: nothing is known of it, and it is not 0.
select
    sku,
    inventory_location_id,
    case when count(on_hand) = count(*) then sum(on_hand) end::bigint as on_hand,
    sum(allocated)::bigint as allocated,
    any_value(average_cost) as average_cost,
    any_value(average_cost_currency) as average_cost_currency
from raw.inventory_levels
where
    _dlt_valid_to is null
    and sku is not null
    and inventory_location_id is not null
group by sku, inventory_location_id

-- name: stored_locations
select inventory_location_id, name
from raw.inventory_locations
where _dlt_valid_to is null and inventory_location_id is not null

-- name: stored_observation
-- When the levels were last read whole, also when nothing had changed since the time before:
-- by the account's clock, and by ours.
select read_at, finished_at
from ledger.stream_runs
where stream = 'inventory_levels' and outcome in ('loaded', 'unchanged')
order by finished_at desc
limit 1

-- name: stored_pending
-- Shipments that wait for a label, the oldest first.
select shipment_id
from raw.shipments
where _dlt_valid_to is null and shipment_status = 'pending'
order by created_at, shipment_id

-- name: stored_services
select carrier_id, service_code
from raw.carrier_services
where _dlt_valid_to is null and service_code is not null
order by carrier_id, service_code

-- name: gone_shipments
-- Shipments that the account knows no more, by ShipStation's id or by the caller's: one row for each reference.
with

asked as (
    select unnest(from_json($references, '["VARCHAR"]')) as reference
)

select
    asked.reference,
    shipments.shipment_id,
    strftime(gone.found_at, '%Y-%m-%d') as since,
    gone.merged_into
from ledger.gone as gone
inner join raw.shipments as shipments
    on gone.entity_id = shipments.shipment_id and gone.closed_at = shipments._dlt_valid_to
inner join asked on asked.reference in (shipments.shipment_id, shipments.external_shipment_id)
where gone.stream = 'shipments'
qualify row_number() over (partition by asked.reference order by gone.closed_at desc, shipments.shipment_id) = 1

-- name: stored_shipments
-- Shipments by ShipStation's id or by the caller's, with their live labels and fulfillments. What was
-- done from here and not synced since is known too, as the outbox tells of it.
with

asked as (
    select unnest(from_json($references, '["VARCHAR"]')) as reference
),

synced as (
    select shipment_id, external_shipment_id, shipment_number, shipment_status
    from raw.shipments
    where _dlt_valid_to is null
),

created as (
    select
        coalesce(
            reading_after ->> '$.shipment_id', reading_after ->> '$.shipment.shipment_id'
        ) as shipment_id,
        row_key as external_shipment_id,
        request ->> '$.shipment_number' as shipment_number,
        'pending' as shipment_status
    from ledger.outbox_current
    where connection = $connection and kind = 'create_shipment' and state = 'applied'
),

cancelled as (
    select distinct request ->> '$.shipment_id' as shipment_id
    from ledger.outbox_current
    where connection = $connection and kind = 'cancel_shipment' and state = 'applied'
),

voided as (
    select row_key as label_id
    from ledger.outbox_current
    where connection = $connection and kind = 'void_label' and state = 'applied'
),

known_shipments as (
    select * from synced
    union all by name
    select created.*
    from created
    anti join raw.shipments as known on created.shipment_id = known.shipment_id
    where created.shipment_id is not null
),

shipments as (
    select
        known_shipments.* replace (
            case when cancelled.shipment_id is null then shipment_status else 'cancelled' end as shipment_status
        )
    from known_shipments
    left join cancelled on known_shipments.shipment_id = cancelled.shipment_id
),

live_labels as (
    select
        shipment_id,
        list({'label_id': label_id, 'tracking_number': tracking_number} order by label_id) as labels
    from raw.labels
    where _dlt_valid_to is null and not coalesce(voided, false)
        and label_id not in (select label_id from voided)
    group by shipment_id
),

sent as (
    select
        request ->> '$.shipment_id' as shipment_id,
        request ->> '$.tracking_number' as tracking_number
    from ledger.outbox_current
    where connection = $connection and kind = 'create_fulfillment' and state = 'applied'
),

-- Void or not: once a sync has met it, what was synced is what counts.
met as (
    select distinct
        shipment_id,
        lower(regexp_replace(tracking_number, '\s', '', 'g')) as tracking_number
    from raw.fulfillments
),

fulfillments as (
    select shipment_id, tracking_number, fulfillment_id
    from raw.fulfillments
    where _dlt_valid_to is null and not coalesce(voided, false)
    union all by name
    select sent.*, null as fulfillment_id
    from sent
    anti join met
        on sent.shipment_id = met.shipment_id
        and lower(regexp_replace(sent.tracking_number, '\s', '', 'g')) = met.tracking_number
),

live_fulfillments as (
    select
        shipment_id,
        list(coalesce(tracking_number, '') order by fulfillment_id, tracking_number) as tracking_numbers
    from fulfillments
    group by shipment_id
)

select
    asked.reference,
    shipments.shipment_id,
    shipments.external_shipment_id,
    shipments.shipment_number,
    shipments.shipment_status,
    coalesce(live_labels.labels, []) as labels,
    coalesce(live_fulfillments.tracking_numbers, []) as tracking_numbers
from asked
inner join shipments
    on asked.reference = shipments.shipment_id or asked.reference = shipments.external_shipment_id
left join live_labels on shipments.shipment_id = live_labels.shipment_id
left join live_fulfillments on shipments.shipment_id = live_fulfillments.shipment_id
order by asked.reference, shipments.shipment_id

-- name: stored_skus
-- All versions, the closed ones too: a SKU leaves the list of levels when nothing is on hand.
select sku from raw.inventory_levels where sku is not null
union
select sku from raw.products where sku is not null

-- name: stored_warehouses
select warehouse_id, name
from raw.warehouses
where _dlt_valid_to is null and warehouse_id is not null
order by warehouse_id

-- name: ledger_id
select ledger_id::varchar as ledger_id
from ledger.identity

-- name: model_rows
select * from query_table($model)

-- name: outbox_all_kinds
select
    kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason,
    planned_at, sent_at, settled_at
from ledger.outbox_current
where connection = $connection
order by last_sequence desc

-- name: outbox_append
-- Events come as one JSON list: that takes DuckDB half as long as a registered table of a few rows.
insert into ledger.outbox (
    recorded_at, connection, kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason
)
select
    event.recorded_at, $connection, $kind, event.row_key, event.state, event.source,
    event.attempt, event.plan_digest, event.subject, event.places, event.request,
    event.reading_before, event.reading_after, event.http_status, event.request_id, event.reason
from (
    select
        unnest(
            from_json(
                $events,
                '[{
                    "recorded_at": "TIMESTAMPTZ",
                    "row_key": "VARCHAR",
                    "state": "VARCHAR",
                    "source": "VARCHAR",
                    "attempt": "INTEGER",
                    "plan_digest": "VARCHAR",
                    "subject": "VARCHAR",
                    "places": ["VARCHAR"],
                    "request": "JSON",
                    "reading_before": "JSON",
                    "reading_after": "JSON",
                    "http_status": "INTEGER",
                    "request_id": "VARCHAR",
                    "reason": "VARCHAR"
                }]'
            )
        ) as event
)

-- name: outbox_applied_since
select
    kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason,
    planned_at, sent_at, settled_at
from ledger.outbox_current
where connection = $connection and kind = $kind
    -- A person says so later than it was; an answer and a reading say so at once.
    and state = 'applied' and case when source = 'person' then sent_at else settled_at end > $since
order by settled_at, last_sequence

-- name: outbox_by_key
with

asked as (
    select unnest(from_json($keys, '["VARCHAR"]')) as row_key
),

events as (
    select row_key, sequence, state, source
    from ledger.outbox
    where connection = $connection and kind = $kind
        and row_key in (select row_key from asked)
),

-- The last thing that was learned of a write, past what was only planned of it or refused before it left.
last_words as (
    select row_key, arg_max(state || ' by ' || source, sequence) as last_word
    from events
    where not (state = 'planned' and source = 'plan') and not (state = 'rejected' and source = 'check')
    group by row_key
)

select
    outbox_current.kind, outbox_current.row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason,
    planned_at, sent_at, settled_at, last_words.last_word
from ledger.outbox_current
left join last_words on outbox_current.row_key = last_words.row_key
where connection = $connection and kind = $kind
    and outbox_current.row_key in (select row_key from asked)

-- name: outbox_connections
select distinct connection
from ledger.outbox
order by connection

-- name: outbox_unsettled
select
    kind, row_key, state, source, attempt, plan_digest, subject, places,
    request, reading_before, reading_after, http_status, request_id, reason,
    planned_at, sent_at, settled_at
from ledger.outbox_current
where connection = $connection and kind = $kind
    and state in ('sending', 'unknown')

-- name: rates_append
-- The account tells its time in whole seconds; a second asking within one is a microsecond later, so that the
-- offers of both are told apart.
insert into ledger.rates by name
select
    $asked_at::timestamptz + to_microseconds((
        select count(distinct asked_at)
        from ledger.rates
        where
            connection = $connection
            and asked_at >= $asked_at::timestamptz
            and asked_at < $asked_at::timestamptz + interval 1 second
    )) as asked_at,
    $connection as connection,
    rate.*
from (
    select
        unnest(
            from_json(
                $rates,
                '[{
                    "shipment_id": "VARCHAR",
                    "rate_id": "VARCHAR",
                    "carrier_id": "VARCHAR",
                    "carrier_code": "VARCHAR",
                    "carrier_name": "VARCHAR",
                    "service_code": "VARCHAR",
                    "service_name": "VARCHAR",
                    "package_type": "VARCHAR",
                    "delivery_days": "INTEGER",
                    "estimated_delivery_at": "TIMESTAMPTZ",
                    "total_amount": "DECIMAL(18, 4)",
                    "total_amount_currency": "VARCHAR",
                    "shipping_amount": "DECIMAL(18, 4)",
                    "is_guaranteed": "BOOLEAN",
                    "is_trackable": "BOOLEAN",
                    "is_usable": "BOOLEAN",
                    "messages": ["VARCHAR"]
                }]'
            )
        ) as rate
)

-- name: shipments_by_tracking_number
with

asked as (
    select unnest(from_json($numbers, '["VARCHAR"]')) as tracking_number
),

known as (
    select shipment_id, tracking_number from raw.labels
    where _dlt_valid_to is null and not coalesce(voided, false)
    union all
    select shipment_id, tracking_number from raw.fulfillments
    where _dlt_valid_to is null and not coalesce(voided, false)
)

select distinct asked.tracking_number, known.shipment_id
from asked
inner join known
    on asked.tracking_number = upper(regexp_replace(known.tracking_number, '\s', '', 'g'))
where known.shipment_id is not null
order by asked.tracking_number, known.shipment_id

-- name: targets_append
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

-- name: restores_held
-- Restores after which nobody has said yet that the time in between is accounted for.
select taken_at, restored_at
from ledger.restores
where released_at is null
order by taken_at
