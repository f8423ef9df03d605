-- Gives back the id if it is new.
insert into ledger.hints (hint_id, recorded_at, stream, query, signed_at, tracking)
values ($hint_id, $recorded_at, $stream, $query, $signed_at, $tracking)
on conflict (hint_id) do nothing
returning hint_id
