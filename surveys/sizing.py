"""How many interviews a promise of precision takes."""

from math import ceil

from surveys.intervals import Z95


def interviews_needed(p: float, half_width: float, deff: float = 1.0, population: int | None = None) -> int:
    """Interviews for a rate near `p` to be known to within +- `half_width`, with 95 % confidence.

    z^2 p(1-p) / d^2 times the design effect (W. G. Cochran, Sampling Techniques, 1977, 4.4), and fewer where
    that is a good part of a population of which everyone can be drawn. ValueError for a rate outside 0..1, or
    a width or effect not above 0.
    """
    if not 0 <= p <= 1 or half_width <= 0 or deff <= 0:
        raise ValueError(f"rate {p}, half width {half_width}, design effect {deff}")
    size = Z95 * Z95 * p * (1 - p) / (half_width * half_width) * deff
    if population is not None:
        size = size / (1 + size / population) if population > 0 else 0.0
    return ceil(size - 1e-9)
