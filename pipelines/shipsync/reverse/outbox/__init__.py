"""The outbox: each write recorded before it is sent, and settled by what is read back."""
