"""One figure: what was counted for an indicator in one group, and the rate that it gives.

n = asked. "excluded" leaves don't know out of the denominator, "not_counted_positive" keeps it there.
Refusals are in no denominator.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np

from surveys.counting import Counts
from surveys.estimates import wilson
from surveys.judging import cautions
from surveys.meanings import Meaning, is_refused, is_unsure, value_of
from surveys.questionnaire import DontKnowRule, Indicator


@dataclass(slots=True)
class Sum:
    """Answers in a denominator: how many, what they gained (0 to 1 each), and the squares of that."""

    n: int = 0
    gained: float = 0.0
    squared: float = 0.0

    def add(self, n: float, gained: float, squared: float) -> None:
        """So many more answers."""
        self.n += int(n)
        self.gained = round(self.gained + gained, 9)
        self.squared = round(self.squared + squared, 9)

    def minus(self, other: "Sum") -> "Sum":
        """What is left without another part of it."""
        gained, squared = self.gained - other.gained, self.squared - other.squared
        return Sum(self.n - other.n, round(gained, 9), round(squared, 9))


@dataclass(slots=True)
class Cell:
    """What was counted for one indicator in one group; who does not know is `excluded`, or `counted`."""

    asked: int = 0
    refused: int = 0
    dont_know: int = 0
    excluded: Sum = field(default_factory=Sum)
    counted: Sum = field(default_factory=Sum)

    def add(self, told: Sequence[float]) -> None:
        """Count answers: what `told` says of them."""
        asked, refused, dont_know, *sums = told
        self.asked += int(asked)
        self.refused += int(refused)
        self.dont_know += int(dont_know)
        self.excluded.add(*sums[:3])
        self.counted.add(*sums[3:])

    def minus(self, other: "Cell") -> "Cell":
        """What is left without the counts of `other`."""
        return Cell(
            self.asked - other.asked,
            self.refused - other.refused,
            self.dont_know - other.dont_know,
            self.excluded.minus(other.excluded),
            self.counted.minus(other.counted),
        )

    def sum(self, rule: DontKnowRule) -> Sum:
        """The denominator of a rule, and what is in it."""
        return self.excluded if rule == "excluded" else self.counted


def told(counts: Counts, meanings: Sequence[Meaning]) -> list[list[float]]:
    """What the answers of each group (a row of `counts` each) say, for `Cell.add`."""
    each = np.zeros((len(meanings), 9))
    for code, meaning in enumerate(meanings):
        each[code, :3] = meaning != "not_asked", is_refused(meaning), is_unsure(meaning)
        for place, rule in enumerate(get_args(DontKnowRule), start=1):
            if (value := value_of(meaning, rule)) is not None:
                each[code, 3 * place : 3 * place + 3] = 1, value, value * value
    found: list[list[float]] = (counts @ each).tolist()
    return found


def figures(cell: Cell | None, rule: DontKnowRule, indicator: Indicator) -> dict[str, Any]:
    """How a rate stands in the results document; without a cell, that it stays back."""
    method = "wilson (conservative for scores)" if indicator.is_mean else "wilson"
    if cell is None:
        names = ("n", "numerator", "denominator", "dont_know", "refused", "rate", "interval", "cautions")
        return dict.fromkeys(names) | {"interval_method": method, "suppressed": True}
    n, gained = cell.sum(rule).n, cell.sum(rule).gained
    return {
        "n": cell.asked,
        "numerator": gained if indicator.is_mean else round(gained),
        "denominator": n,
        "dont_know": cell.dont_know,
        "refused": cell.refused,
        "rate": gained / n if n else None,
        "interval": list(wilson(min(gained, n), n)) if n else None,
        "cautions": cautions(gained / n, n, n) if n else [],
        "interval_method": method,
        "suppressed": False,
    }
