insert into ledger.consumers (consumer, acknowledged, changed_at)
values ($consumer, $acknowledged, $changed_at)
on conflict (consumer) do update set
    acknowledged = excluded.acknowledged,
    changed_at = excluded.changed_at
