"""A new treatment session: what is typed, what would leave, and what becomes of it."""
