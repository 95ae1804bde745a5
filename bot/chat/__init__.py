"""A resident's message: heard once, decided, answered."""
