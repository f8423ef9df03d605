"""The ledger's tables as numbered SQL files, each applied once."""
