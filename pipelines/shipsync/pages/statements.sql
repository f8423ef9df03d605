-- name: state
select
    (select max(read_at) from ledger.stream_runs) as as_of,
    (select json_extract_string(taken_in, '$.settings.timezone') from ledger.last_build limit 1) as timezone,
    (select count(*) from ledger.quarantine where resolved_at is null) as quarantined,
    (select max_by(outcome, started_at) from ledger.runs) as last_outcome,
    (select max_by(command, started_at) from ledger.runs) as last_command,
    (select max_by(error, started_at) from ledger.runs) as last_error

-- name: definitions
with relations as (
    select schema_name, table_name as name, comment from duckdb_tables()
    union all
    select schema_name, view_name, comment from duckdb_views()
)

select relations.name, relations.comment as meaning, columns.column_name, columns.comment as column_meaning
from relations
inner join duckdb_columns() as columns
    on relations.schema_name = columns.schema_name and relations.name = columns.table_name
where relations.schema_name = $schema and relations.name = $name
order by columns.column_index

-- name: backlog_by_day
with days as (
    select $today - unnest(range(0, 21))::integer as day
),

sent as (
    select
        timezone($zone, min(ordered_at)) as ordered_local_at,
        timezone($zone, min(labelled_at)) as sent_local_at
    from metrics.parcel_delivery
    group by shipment_id
    having min(labelled_at) >= $as_of - interval 528 hours
    union all
    select timezone($zone, ordered_at), null from metrics.open_orders
),

spans as (
    select ordered_local_at::date as from_day, sent_local_at::date as to_day
    from sent
)

select
    days.day,
    count(*) filter (where spans.from_day <= days.day and (spans.to_day is null or spans.to_day > days.day)) as open,
    count(*) filter (where spans.from_day = days.day) as arrived,
    count(*) filter (where spans.to_day = days.day) as sent
from days
cross join spans
group by days.day
order by days.day

-- name: due_by_hour
select to_timestamp(3600 * floor(epoch(due_at) / 3600)) as due_at, count(*) as orders
from metrics.open_orders
where not is_held and hours_left between -48 and 96
group by 1
order by 1

-- name: open_totals
select
    count(*) as open,
    count(*) filter (where is_breached and not is_held) as breached,
    count(*) filter (where is_at_risk and not is_held) as at_risk,
    count(*) filter (where is_held) as held,
    count(*) filter (where is_blocked_by_stock) as blocked,
    count(*) filter (where not is_known_status) as odd
from metrics.open_orders

-- name: orders_at_risk
select shipment_number, store_id, shipment_status, ordered_at, due_at, hours_left, units, short_skus,
    order_value, currency
from metrics.open_orders
where (is_breached or is_at_risk or is_blocked_by_stock) and not is_held
order by hours_left, shipment_id
limit 500

-- name: sla_by_day
select due_date, sum(n)::bigint as n, sum(on_time)::bigint as on_time, sum(on_time) / nullif(sum(n), 0)::double as rate,
    sum(n) / nullif(sum(shipments - not_yet_due), 0)::double as coverage
from metrics.ship_sla
where due_date between $today - 28 and $today
group by due_date
order by due_date

-- name: stock_totals
select
    count(*) as skus,
    count(*) filter (where stockout_date <= $today + 7) as out_soon,
    count(*) filter (where order_by_date <= $today) as order_now,
    count(*) filter (where movement_class <> 'active') as resting,
    avg(stock_days_coverage) as coverage
from metrics.stock_cover

-- name: stock_out_soon
select sku, on_hand, waiting, incoming, units_per_day, cover_days, stockout_date, order_by_date, reorder_quantity, movement_class
from metrics.stock_cover
where stockout_date <= $today + $days
order by stockout_date, sku
limit 500

-- name: stock_cover
select sku, on_hand, available, waiting, incoming, units_per_day, cover_days, stockout_date, order_by_date,
    reorder_quantity, last_sold_date, movement_class
from metrics.stock_cover
order by order_by_date nulls last, cover_days nulls last, sku
limit 2000

-- name: stock_out_by_day
with by_sku as (
    select day, sku, sum(closing) as closing
    from metrics.stock_history
    group by day, sku
)

select day, count(*) filter (where closing <= 0) as out, count(*) as skus
from by_sku
group by day
order by day

-- name: stock_steps
with by_sku as (
    select sku, day, sum(closing)::bigint as closing, min(in_stock_share) as in_stock_share
    from metrics.stock_history
    group by sku, day
),

chosen as (
    select sku
    from metrics.stock_cover
    where movement_class = 'active'
    order by stockout_date nulls last, sku
    limit 8
)

select by_sku.*
from by_sku
semi join chosen on by_sku.sku = chosen.sku
order by sku, day

-- name: stock_unexplained
select day, sku, change, own_units, labelled_units, unexplained
from metrics.stock_unexplained
where unexplained <> 0
order by abs(unexplained) desc, day desc, sku
limit 500

-- name: exceptions
select order_id, tracking_number, carrier_code, state, reason, promised_date, days_late, days_silent,
    order_value, currency, next_step
from metrics.delivery_exceptions
order by rank_score desc, parcel_id
limit 500

-- name: exception_totals
select reason, count(*) as parcels
from metrics.delivery_exceptions
group by reason
order by parcels desc, reason

-- name: wismo
select carrier_code, n, late, silent, attempt_failed, never_scanned, load_per_100
from metrics.wismo_load
order by load_per_100 desc, carrier_code

-- name: survival
with delivered as (
    select ceil(epoch(delivered_at - labelled_at) / 86400)::integer as days
    from metrics.parcel_delivery
    where labelled_at is not null and labelled_at < $as_of - interval 504 hours
),

days as (
    select unnest(range(0, 22))::integer as day
)

select days.day, (select count(*) from delivered) as n,
    (select count(*) from delivered where delivered.days is null or delivered.days > days.day) as waiting
from days
order by days.day

-- name: found_orders
select distinct order_key, kind
from tracking.order_references
where lower(reference) = lower(trim($reference))
order by kind, order_key
limit 20

-- name: parts_of_order
select order_id, tracking_number, carrier_code, service_code, state, promised_date, delivered_at, last_event_at,
    last_event_description
from tracking.order_parts
where order_key in (select unnest($orders))
order by order_id, tracking_number
limit 100

-- name: timeline_of_order
select moment, tracking_number, state, description, city_locality, state_province, country_code
from tracking.timeline
where order_key in (select unnest($orders))
order by moment desc, event_key
limit 300

-- name: services
with cohort as (
    select carrier_code, service_code, count(*) as parcels, count(transit_hours) as n,
        quantile_cont(transit_hours, 0.5) / 24 as p50_days,
        quantile_cont(transit_hours, 0.85) / 24 as p85_days,
        count(*) filter (where delivery_punctuality <> 'unknown') as n_punctuality,
        count(*) filter (where delivery_punctuality in ('early', 'on_time'))
        / nullif(count(*) filter (where delivery_punctuality <> 'unknown'), 0)::double as on_time_rate,
        count(*) filter (where is_first_attempt_success)
        / nullif(count(is_first_attempt_success), 0)::double as first_attempt_rate,
        count(is_first_attempt_success) as n_attempted,
        count(*) filter (where had_exception) / nullif(count(label_id), 0)::double as exception_rate,
        count(label_id) as n_labels
    from metrics.parcel_delivery
    where labelled_at < $as_of - interval 336 hours and labelled_at >= $as_of - interval 2496 hours
    group by carrier_code, service_code
)

select *, n / parcels::double as coverage, n_punctuality / parcels::double as on_time_coverage
from cohort
order by parcels desc, carrier_code, service_code

-- name: zones
select service_code, zone, count(transit_hours) as n, quantile_cont(transit_hours, 0.5) / 24 as p50_days
from metrics.parcel_delivery
where zone is not null and labelled_at < $as_of - interval 336 hours and labelled_at >= $as_of - interval 2496 hours
group by service_code, zone
having count(transit_hours) > 0
order by service_code, zone

-- name: on_time_weeks
select week_start, carrier_code, sum(n_punctuality)::bigint as n,
    sum(on_time_rate * n_punctuality) / nullif(sum(n_punctuality), 0)::double as rate,
    sum(n_punctuality) / sum(n)::double as coverage
from metrics.carrier_performance
group by week_start, carrier_code
having sum(n_punctuality) > 0
order by week_start, carrier_code

-- name: margin_totals
select currency, count(*) as orders, sum(charged) as charged, sum(cost) as cost, sum(net) as net,
    sum(charged)::double / nullif(sum(cost), 0)::double as recovery,
    count(*) filter (where net < 0) as at_loss
from metrics.order_margin
where is_complete
group by currency
order by orders desc, currency

-- name: margin_by_state
select ship_to_state_province as place, currency, count(*) as orders, sum(net) as net, sum(net)::double / count(*) as net_per_order,
    sum(charged) as charged, sum(cost) as cost
from metrics.order_margin
where is_complete and ship_to_country_code = 'US'
group by ship_to_state_province, currency
order by net_per_order, place, currency

-- name: margin_by_week
-- Weeks begin on Monday, as 5 January 1970 was one.
with orders as (
    select timezone($zone, ordered_at) as ordered_local_at, currency, net
    from metrics.order_margin
    where is_complete
)

select
    date '1970-01-05' + (7 * ((ordered_local_at::date - date '1970-01-05') // 7))::integer as week,
    currency, count(*) as orders, sum(net) as net
from orders
group by 1, 2
order by 1, 2

-- name: weight_bands
select coalesce(weight_band, 'no weight') as weight_band, currency, count(*) as labels, sum(cost) as cost,
    sum(cost)::double / count(*) as cost_per_label, count(*) filter (where is_dimensional) as dimensional,
    sum(surcharge) as surcharge, count(surcharge) / count(*)::double as surcharge_coverage
from metrics.shipping_cost
group by 1, currency
order by currency, min(pounds) nulls last

-- name: worst_orders
select order_id, store_id, ordered_at, ship_to_state_province as place, parcels, charged, cost, net, recovery, currency
from metrics.order_margin
where is_complete and net < 0
order by net, order_key
limit 500

-- name: savings
select currency, count(*) as labels, sum(saving) as saving
from metrics.rate_savings
where is_best
group by currency
order by currency

-- name: claim_totals
select reason, currency, count(*) as labels, sum(amount) as amount
from metrics.label_money
group by reason, currency
order by amount desc, reason, currency

-- name: claims
select reason, tracking_number, carrier_code, service_code, labelled_at, voided_at, age_days, amount, currency, label_id
from metrics.label_money
order by amount desc, label_id
limit 500

-- name: label_cost_by_week
select date '1970-01-05' + (7 * ((labelled_date - date '1970-01-05') // 7))::integer as week, carrier_code, currency,
    count(*) as labels, sum(cost) as cost
from metrics.shipping_cost
where labelled_date >= $today - 120
group by 1, 2, 3
order by 1, 2, 3

-- name: lanes
select warehouse_id, service_code, zip3, n, coverage, p50_days, p85_days, is_enough, promise_before_cutoff_date, promise_after_cutoff_date
from metrics.delivery_promise
order by n desc, warehouse_id, service_code, zip3
limit 2000

-- name: zip_grid
select left(zip3, 1) as first_digit, substr(zip3, 2, 1) as second_digit, sum(n)::bigint as n,
    sum(p85_days * n) / sum(n) as p85_days
from metrics.delivery_promise
where n > 0
group by 1, 2
order by 1, 2

-- name: lane_totals
select count(*) as lanes, count(*) filter (where is_enough) as enough, sum(n)::bigint as n, sum(parcels)::bigint as parcels
from metrics.delivery_promise

-- name: write_totals
select outcome, kind, count(*) as writes
from reverse.outcomes
group by outcome, kind
order by writes desc, outcome, kind

-- name: write_rows
select coalesce(settled_at, sent_at, planned_at) as moment, kind, outcome, wanted, times_sent, settled_by, reason, http_status, row_key
from reverse.outcomes
order by (outcome in ('unknown', 'sending', 'failed')) desc, moment desc nulls last, row_key
limit 500

-- name: due_adjustments
select *
from reverse.stock_adjustments_due
limit 500

-- name: latest_runs
select started_at, command, outcome, epoch(finished_at - started_at) as seconds, requests, error
from ledger.runs
order by started_at desc, run_id
limit 200

-- name: stream_lag
select stream, max(read_at) as read_at, epoch($as_of - max(read_at)) / 3600 as lag_hours,
    max_by(outcome, started_at) as outcome, sum(requests)::bigint as requests, sum(rows)::bigint as rows,
    sum(caught_late)::bigint as caught_late, max_by(error, started_at) as error
from metrics.pipeline_health
group by stream
order by lag_hours desc nulls first, stream

-- name: calls_by_run
select run_id, min(started_at) as started_at, stream, sum(requests)::bigint as requests
from metrics.pipeline_health
where run_id in (select run_id from ledger.runs where command in ('run', 'sync') order by started_at desc limit 30)
group by run_id, stream
order by 2, 3

-- name: run_totals
select count(*) as runs, count(*) filter (where outcome <> 'done') as failed, sum(requests)::bigint as requests
from ledger.runs
where started_at >= (select max(started_at) from ledger.runs) - interval 168 hours
