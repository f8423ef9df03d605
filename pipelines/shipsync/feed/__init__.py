"""The feed of change events: consumers, deliveries to a receiver, and webhooks taken in."""
