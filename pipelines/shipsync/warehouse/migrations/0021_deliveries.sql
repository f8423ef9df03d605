-- Events that a receiver would not take, and those that wait behind one of the same shipment: one row
-- per consumer and event.
create table ledger.dead_letters (
    consumer varchar not null,
    sequence bigint not null,
    -- what order is kept by: the shipment, or the entity where it names none
    order_key varchar not null,
    reason varchar not null,
    -- how often it was sent; 0 if it only waits
    attempts bigint not null,
    recorded_at timestamptz not null,
    -- null while it is open
    delivered_at timestamptz,
    primary key (consumer, sequence)
);

-- Consumers whose receiver said that it is gone for good: one row per consumer.
create table ledger.paused_consumers (
    consumer varchar primary key,
    reason varchar not null,
    paused_at timestamptz not null
);
