-- name: account_read
-- When the account's shipments and labels were both read last, by its own clock: one row.
select min(read_at) as read_at
from (
    select stream, max(read_at) as read_at
    from ledger.stream_runs
    where stream in ('shipments', 'labels') and outcome in ('loaded', 'unchanged')
    group by stream
    having max(read_at) is not null
)

-- name: box_lookup
-- The shipments that have a further box of that tracking number: one row per reference and shipment.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($written, '["VARCHAR"]')) as written
)

select distinct wanted.asked, labels.shipment_id, packages.tracking_number as named
from raw.label_packages as packages
inner join wanted on packages.tracking_number = wanted.written
inner join raw.labels as labels
    on packages.label_id = labels.label_id and labels._dlt_valid_to is null

-- name: boxes
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

-- name: departed_lookup
-- The shipments gone that a reference can mean by an id or their number: one row per reference and shipment.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($written, '["VARCHAR"]')) as written
),

departed as (
    select
        shipments.shipment_id,
        shipments.external_shipment_id,
        shipments.external_order_id,
        lower(ltrim(trim(shipments.shipment_number), '# ')) as number
    from ledger.gone as gone
    inner join raw.shipments as shipments
        on gone.entity_id = shipments.shipment_id and gone.closed_at = shipments._dlt_valid_to
    where gone.stream = 'shipments'
)

select distinct wanted.asked, departed.shipment_id
from departed
inner join wanted
    on wanted.written in (departed.shipment_id, departed.external_shipment_id, departed.external_order_id)
    or departed.number = lower(ltrim(wanted.written, '# '))

-- name: departed_shipments
-- Some shipments that are gone, as they were last, under the names of `order_shipments`: one row each.
with

wanted as (
    select unnest(from_json($shipment_ids, '["VARCHAR"]')) as shipment_id
),

names as (
    select
        *,
        coalesce(
            nullif(trim(shipment_number), ''),
            nullif(trim(external_order_id), ''),
            nullif(trim(external_shipment_id), ''),
            shipment_id
        ) as order_id
    from raw.shipments
)

select
    shipments.shipment_id,
    shipments.store_id,
    nullif(trim(shipments.shipment_number), '') as shipment_number,
    nullif(trim(shipments.external_order_id), '') as external_order_id,
    shipments.ship_to_name,
    shipments.ship_to_postal_code,
    shipments.ship_to_city_locality,
    shipments.ship_to_country_code,
    shipments.order_id,
    shipments.shipment_status,
    shipments.created_at,
    shipments.ship_date,
    shipments.hold_until_date,
    gone.found_at as known_at,
    gone.closed_because,
    survivors.order_id as merged_into
from names as shipments
inner join wanted on shipments.shipment_id = wanted.shipment_id
inner join ledger.gone as gone
    on gone.entity_id = shipments.shipment_id and gone.closed_at = shipments._dlt_valid_to
left join names as survivors
    on gone.merged_into = survivors.shipment_id and survivors._dlt_valid_to is null
where gone.stream = 'shipments'
qualify row_number() over (partition by shipments.shipment_id order by gone.times desc) = 1

-- name: events
-- What carriers reported of some parcels, repeats and all, in no order: one row per event.
with

wanted as (
    select unnest(from_json($parcel_ids, '["VARCHAR"]')) as parcel_id
)

select
    events.label_id as parcel_id,
    coalesce(events.event_code, events.carrier_detail_code, events.description) as code,
    events.event_key,
    events.observed_at,
    events.occurred_at,
    events.carrier_occurred_at,
    events.description,
    events.city_locality,
    events.state_province,
    nullif(events.postal_code, '') as postal_code,
    events.carrier_status_description,
    events.country_code,
    events.status_code,
    events.status_detail_code,
    events.signer,
    events.proof_of_delivery_url
from raw.tracking_events as events
inner join wanted on events.label_id = wanted.parcel_id

-- name: fulfilled
-- The fulfillments of some shipments, newest first: one row per fulfillment.
with

wanted as (
    select unnest(from_json($shipment_ids, '["VARCHAR"]')) as shipment_id
)

select
    fulfillments.shipment_id,
    fulfillments.fulfillment_id as parcel_id,
    fulfillments.tracking_number,
    fulfillments.fulfillment_carrier_friendly_name as carrier,
    fulfillments.ship_date,
    fulfillments.delivered_at as actual_delivery_date,
    coalesce(fulfillments.voided, false) as is_voided,
    fulfillments.created_at,
    fulfillments.observed_at as known_at
from raw.fulfillments as fulfillments
inner join wanted on fulfillments.shipment_id = wanted.shipment_id
where fulfillments._dlt_valid_to is null
order by fulfillments.created_at desc, fulfillments.fulfillment_id

-- name: has_departures
-- Whether the ledger keeps what went, which that of an older version does not before the next run.
select count(*) > 0 as is_kept
from information_schema.tables
where table_schema = 'ledger' and table_name = 'gone'

-- name: labels
-- The labels of some shipments, newest first: one row per label.
with

wanted as (
    select unnest(from_json($shipment_ids, '["VARCHAR"]')) as shipment_id
)

select
    labels.shipment_id,
    labels.label_id,
    labels.tracking_number,
    labels.tracking_url,
    labels.carrier_code as carrier,
    labels.ship_date,
    labels.created_at,
    coalesce(labels.voided, false) or coalesce(labels.status, '') in ('voided', 'error')
        as is_voided,
    coalesce(labels.status, '') = 'error' as is_failed,
    coalesce(labels.is_return_label, false) as is_return,
    coalesce(labels.trackable, true) as is_trackable
from raw.labels as labels
inner join wanted on labels.shipment_id = wanted.shipment_id
where labels._dlt_valid_to is null
order by labels.created_at desc, labels.label_id

-- name: number_forms
-- What the numbers of some shops have before and behind their digits, or of all shops: one row per shop and
-- such a form, and one without a form for all other numbers.
with

wanted as (
    select unnest(from_json($stores, '["VARCHAR"]')) as store_id
),

numbers as (
    select distinct store_id, trim(shipment_number) as number
    from raw.shipments
    where _dlt_valid_to is null
        and trim(shipment_number) <> ''
        and ($stores is null or coalesce(store_id, '') in (select coalesce(store_id, '') from wanted))
),

read_numbers as (
    select
        store_id,
        regexp_extract(
            number,
            '^([^0-9]*)([0-9](?:[-/._]?[0-9])*)([^0-9]*)$',
            ['prefix', 'core', 'suffix']
        ) as parts
    from numbers
)

select
    store_id,
    case when parts.core <> '' then parts.prefix end as prefix,
    case when parts.core <> '' then parts.suffix end as suffix,
    count(*) as numbers,
    count(*) filter (where starts_with(parts.core, '0')) as zero_first,
    min(length(parts.core)) as shortest,
    max(length(parts.core)) as longest
from read_numbers
group by all

-- name: number_lookup
-- The current shipments whose number may be a certain one: their digits alone are compared, and what is no plain
-- ASCII is left to those who ask. Almost all numbers are told from it by $digits, which is quick to look for.
select shipment_id, store_id, shipment_number
from raw.shipments
where _dlt_valid_to is null
    and (
        contains(shipment_number, $digits)
        or contains(shipment_number, ' ')
        or strlen(shipment_number) > length(shipment_number)
    )
    and (
        list_contains(
            from_json($rough, '["VARCHAR"]'),
            ltrim(regexp_replace(shipment_number, '[^0-9]+', '', 'g'), '0')
        )
        or regexp_matches(shipment_number, '[^!-~]')
        or not regexp_matches(shipment_number, '[1-9]')
    )

-- name: numbers_lookup
-- The same for many, or for numbers without digits: one row per reference and shipment.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($rough, '["VARCHAR"]')) as rough
),

numbers as (
    select
        shipment_id,
        store_id,
        shipment_number,
        case
            when strlen(shipment_number) = length(shipment_number) then shipment_number
            else translate(shipment_number, $foreign_digits, $plain_digits)
        end as plain
    from raw.shipments
    where _dlt_valid_to is null
        and shipment_number is not null
),

rough_numbers as (
    select
        shipment_id,
        store_id,
        shipment_number,
        strlen(plain) > length(plain) as is_foreign,
        case
            when regexp_matches(plain, '[1-9]')
                then ltrim(regexp_replace(plain, '[^0-9]+', '', 'g'), '0')
            else lower(regexp_replace(plain, '[\s#]+', '', 'g'))
        end as rough
    from numbers
)

select wanted.asked, found.shipment_id, found.store_id, found.shipment_number
from rough_numbers as found
inner join wanted on found.rough = wanted.rough

union

-- Whether these are written alike is decided by those who ask.
select wanted.asked, found.shipment_id, found.store_id, found.shipment_number
from rough_numbers as found
cross join wanted
where found.is_foreign and not regexp_matches(wanted.rough, '^[1-9]')

-- name: numberless_siblings
-- The current shipments without a number that have an external order id of some shop: one row each.
with

wanted as (
    select
        unnest(from_json($stores, '["VARCHAR"]')) as store_id,
        unnest(from_json($external_ids, '["VARCHAR"]')) as external_order_id
)

select shipments.shipment_id
from raw.shipments as shipments
inner join wanted
    on shipments.external_order_id = wanted.external_order_id
    and shipments.store_id is not distinct from wanted.store_id
where shipments._dlt_valid_to is null and coalesce(trim(shipments.shipment_number), '') = ''

-- name: order_lookup
-- The current shipments that a reference can mean by an id or a tracking number: one row per reference and
-- shipment. Each column is compared on its own, so that DuckDB skips row groups that can't hold the value.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($written, '["VARCHAR"]')) as written
),

mentioned as (
    select wanted.asked, shipments.shipment_id, shipments.shipment_id as named
    from raw.shipments as shipments
    inner join wanted on shipments.shipment_id = wanted.written
    where shipments._dlt_valid_to is null

    union

    select wanted.asked, shipments.shipment_id, null
    from raw.shipments as shipments
    inner join wanted on shipments.external_shipment_id = wanted.written
    where shipments._dlt_valid_to is null

    union

    select wanted.asked, shipments.shipment_id, null
    from raw.shipments as shipments
    inner join wanted on shipments.external_order_id = wanted.written
    where shipments._dlt_valid_to is null

    union

    select wanted.asked, labels.shipment_id, labels.tracking_number
    from raw.labels as labels
    inner join wanted on labels.tracking_number = wanted.written
    where labels._dlt_valid_to is null

    union

    select wanted.asked, fulfillments.shipment_id, fulfillments.tracking_number
    from raw.fulfillments as fulfillments
    inner join wanted on fulfillments.tracking_number = wanted.written
    where fulfillments._dlt_valid_to is null
)

select asked, shipment_id, max(named) as named
from mentioned
group by asked, shipment_id

-- name: order_shipments
-- Some current shipments: one row each, with the name its order goes by and what tells its buyer from others.
with

wanted as (
    select unnest(from_json($shipment_ids, '["VARCHAR"]')) as shipment_id
)

select
    shipments.shipment_id,
    shipments.store_id,
    nullif(trim(shipments.shipment_number), '') as shipment_number,
    nullif(trim(shipments.external_order_id), '') as external_order_id,
    shipments.ship_to_name,
    shipments.ship_to_postal_code,
    shipments.ship_to_city_locality,
    shipments.ship_to_country_code,
    coalesce(
        nullif(trim(shipments.shipment_number), ''),
        nullif(trim(shipments.external_order_id), ''),
        nullif(trim(shipments.external_shipment_id), ''),
        shipments.shipment_id
    ) as order_id,
    shipments.shipment_status,
    shipments.created_at,
    shipments.ship_date,
    shipments.hold_until_date,
    shipments.observed_at as known_at
from raw.shipments as shipments
inner join wanted on shipments.shipment_id = wanted.shipment_id
where shipments._dlt_valid_to is null

-- name: polled
-- When some parcels were asked for last: one row per parcel that was.
with

wanted as (
    select unnest(from_json($parcel_ids, '["VARCHAR"]')) as parcel_id
)

select polls.label_id as parcel_id, polls.polled_at
from ledger.tracking_polls as polls
inner join wanted on polls.label_id = wanted.parcel_id

-- name: sales_order_lookup
-- The shipments whose items name a sales order: one row per reference and shipment. These ids are random,
-- so that every one is read; asked only for what nothing else has found.
with

wanted as (
    select
        unnest(from_json($asked, '["VARCHAR"]')) as asked,
        unnest(from_json($written, '["VARCHAR"]')) as written
)

select distinct wanted.asked, items.shipment_id, null as named
from raw.shipment_items as items
inner join wanted on items.sales_order_id = wanted.written

-- name: states
-- What the carriers say of some parcels now: one row per parcel that they say anything of.
with

wanted as (
    select unnest(from_json($parcel_ids, '["VARCHAR"]')) as parcel_id
)

select
    tracking.label_id as parcel_id,
    tracking.tracking_number,
    tracking.tracking_url,
    tracking.carrier_code as carrier,
    tracking.status_code,
    tracking.status_detail_code,
    tracking.carrier_detail_code,
    tracking.status_description,
    tracking.carrier_status_description,
    tracking.ship_date,
    tracking.ship_date_text,
    tracking.estimated_delivery_date,
    tracking.estimated_delivery_date_text,
    tracking.actual_delivery_date,
    tracking.actual_delivery_date_text,
    tracking.exception_description,
    tracking.observed_at as known_at
from raw.tracking as tracking
inner join wanted on tracking.label_id = wanted.parcel_id
where tracking._dlt_valid_to is null
