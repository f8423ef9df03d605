-- How far one consumer has come: no row while it is unknown.
select acknowledged from ledger.consumers where consumer = $consumer
