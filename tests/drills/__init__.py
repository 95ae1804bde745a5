"""Rehearsed disasters, each with its figures: `python -m tests.drills NAME`."""
