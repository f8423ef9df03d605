-- What a body said of a parcel is in the raw tables now, treated as personal data are to be.
update ledger.hints set taken_at = $taken_at, tracking = null
where list_contains($hint_ids::varchar[], hint_id)
