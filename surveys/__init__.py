"""Questionnaires: their definitions, how they are answered, kept, counted and exported."""
