"""The demonstration: service, simulator and sample content in one process, and the journey through it."""
