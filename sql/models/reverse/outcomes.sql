with outbox as (
    select * from {{ source('ledger', 'outbox_current') }}
),

outcomes as (
    select
        connection,
        kind,
        row_key,
        subject as wanted,
        request,
        attempt as times_sent,
        state as outcome,
        source as settled_by,
        reason,
        http_status,
        request_id,
        planned_at,
        sent_at,
        settled_at,
        reading_before,
        reading_after,
        plan_digest
    from outbox
)

select * from outcomes
