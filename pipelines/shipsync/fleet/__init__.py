"""Many accounts from one table: a run of each in a process of its own, so many at a time."""
