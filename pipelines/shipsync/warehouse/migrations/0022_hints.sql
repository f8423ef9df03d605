-- What webhooks said is worth reading: one row per webhook body that named something.
create table ledger.hints (
    -- hash of the file, the place in it and the body, so that a folder may be taken in again
    hint_id varchar primary key,
    recorded_at timestamptz not null,
    -- the stream whose next reading begins with it, and the parameters of that reading
    stream varchar not null check (stream in ('shipments', 'labels', 'fulfillments', 'tracking')),
    query json not null,
    -- when ShipStation signed it; null if the signature was not there to be verified
    signed_at timestamptz,
    -- what a verified body says of a parcel; nothing else in a body is taken for data
    tracking json,
    -- null while no sync has read it
    taken_at timestamptz
);
