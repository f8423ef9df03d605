"""The emulated account: what it holds and how that changes, whoever asks."""
