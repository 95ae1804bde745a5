"""Pushes: planned, due, taken to the platform or to each follower, and what became of them."""
