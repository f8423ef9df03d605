"""Shipments, cancels, voids and fulfillments as kinds of write."""
