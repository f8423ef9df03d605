"""The emulated API over HTTP: requests, routing, paging, limits and faults."""
