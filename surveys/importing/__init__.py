"""Questionnaires that exist elsewhere -> a draft in the native form, and what was uncertain about it."""
