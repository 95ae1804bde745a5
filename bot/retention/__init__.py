"""What is kept and what is forgotten: backup and restore, erasure and its journal."""
