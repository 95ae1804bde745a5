"""How many answered, of whom: the rates of AAPOR for interviewers, plain counts for open channels.

American Association for Public Opinion Research, Standard Definitions, 9th edition, 2016.
"""

from dataclasses import dataclass
from math import nan


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Final dispositions of the addresses that interviewers were given."""

    complete: int = 0
    partial: int = 0
    refused: int = 0
    """Refusals and break-offs."""
    not_reached: int = 0
    other: int = 0
    """Eligible, but not interviewed for another reason."""
    unknown_household: int = 0
    """Nobody knows whether the address is lived in."""
    unknown_person: int = 0
    """Lived in, but nobody knows whether by someone eligible."""

    def response_rate(self, kind: int, eligible_share: float = 1.0) -> float:
        """AAPOR RR1 to RR6; nan without an address. ValueError for another kind or a share outside 0..1.

        Even ones count partial interviews. RR1 and RR2 take all unknowns as eligible, RR3 and RR4 the given
        share of them, RR5 and RR6 none.
        """
        if kind not in range(1, 7):
            raise ValueError(f"response rate {kind}: 1 to 6")
        if not 0 <= eligible_share <= 1:
            raise ValueError(f"eligible share {eligible_share}: 0 to 1")
        answered = self.complete + (self.partial if kind % 2 == 0 else 0)
        share = (1.0, eligible_share, 0.0)[(kind - 1) // 2]
        unknown = share * (self.unknown_household + self.unknown_person)
        return _share(answered, self.known_eligible + unknown)

    def refusal_rate(self) -> float:
        """AAPOR REF1: refusals of all addresses, the unknown ones included; nan without an address."""
        return _share(self.refused, self.known_eligible + self.unknown_household + self.unknown_person)

    @property
    def known_eligible(self) -> int:
        """Addresses with someone who should have been interviewed."""
        return self.complete + self.partial + self.refused + self.not_reached + self.other


def completion_rate(complete: int, started: int) -> float:
    """Completes of those who began, for an open link; nan if nobody did."""
    return _share(complete, started)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else nan
