"""Every number by its name: what it means, and its value by dimension and period."""
