-- Which ledger this is. Plans name the one they were made beside, so that none is applied through another,
-- which does not know what was sent.
create table ledger.identity as
select uuid() as ledger_id;
