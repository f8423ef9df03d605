"""Stock as a kind of write: quantities planned, sent, and proved by what the account holds."""
