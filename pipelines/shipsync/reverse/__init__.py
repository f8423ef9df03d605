"""Writing back: plans of changes to the account, and the outbox that carries them out."""
