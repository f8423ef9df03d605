-- What tells a file that the demo may overwrite from one that it must not touch.
create table main.demo_account as
select $seed::bigint as seed, $shipments::bigint as shipments, $made_at::timestamptz as made_at
