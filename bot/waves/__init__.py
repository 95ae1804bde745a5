"""Waves in the service: how people come to them, how they are counted and shown."""
