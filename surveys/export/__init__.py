"""Writers that hand the interviews of a wave to other programs, one formula-safe writer a format."""
