"""The ShipStation v2 API over HTTP: endpoints, paging, retries and the rate budget."""
