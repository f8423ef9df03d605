"""The emulated account's past, and what goes on happening in it."""
