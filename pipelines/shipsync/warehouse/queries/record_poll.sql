insert into ledger.tracking_polls (label_id, polled_at, changed_at, polls)
select
    polled.label_id,
    $polled_at,
    -- an answer met for the first time says when the parcel last moved
    least($polled_at, coalesce(max(events.occurred_at), max(labels.created_at), $polled_at)),
    1
from (select unnest($label_ids) as label_id) as polled
left join raw.labels as labels
    on split_part(polled.label_id, '/', 1) = labels.label_id and labels._dlt_valid_to is null
left join raw.tracking_events as events on polled.label_id = events.label_id
group by polled.label_id
on conflict (label_id) do update set
    polled_at = excluded.polled_at,
    changed_at = case
        when list_contains($changed, tracking_polls.label_id) then excluded.polled_at
        else tracking_polls.changed_at
    end,
    polls = tracking_polls.polls + 1
