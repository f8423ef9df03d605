-- How often running a parcel's tracking could not be had, and what was said last: such a parcel is asked for
-- less and less often, and the others as ever.
alter table ledger.tracking_polls add column failures bigint default 0;
alter table ledger.tracking_polls add column last_error varchar;
