-- Why a consumer is paused: no row if it isn't.
select reason from ledger.paused_consumers where consumer = $consumer
