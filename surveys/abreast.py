"""PURE: two breakdowns of an open wave that stand at different interviews must not tell of a few together.

One has moved on, the other waits. Where both are nearly the same grouping, or one lies within the other, the
first takes in whom the second does not show yet. As in `surveys.together` every interview is a line between
its group in the one and its group in the other; who is not shown yet is a group, and those who came since a
breakdown was shown last are groups of their own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from surveys.columns import Block, Columns
from surveys.counting import Where, measures
from surveys.groupings import Side, asked_alike, sides
from surveys.questionnaire import Questionnaire
from surveys.together import thin_cuts

Numbers = npt.NDArray[np.int64]
_BEFORE, _NOW, _LATER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Standing:
    """A breakdown as it is shown: up to the interview `upto`, these groups of it (for each indicator).

    `earlier` and `shown_earlier` are the same of the time before; -1 where there was none.
    """

    by: str
    upto: int
    shown: Sequence[Collection[str]]
    earlier: int = -1
    shown_earlier: Sequence[Collection[str]] = ()

    def after(self, before: "Standing | None") -> "Standing":
        """The same, with what was shown before."""
        if before is None:
            return self
        return replace(self, earlier=before.upto, shown_earlier=before.shown)


def tells_of_few(
    one: Standing, other: Standing, questionnaire: Questionnaire, columns: Columns, where: Where, least: int
) -> bool:
    """Whether the two together tell of some, but fewer than `least`."""
    measured = measures(questionnaire, columns)
    for mine in sides(questionnaire, columns, one.by):
        for theirs in sides(questionnaire, columns, other.by):
            found: list[dict[tuple[int, int], int]] = [{} for _ in measured]
            for block in columns.until(max(one.upto, other.upto)).blocks:
                for asked, places in asked_alike(block, measured, where(block)):
                    for place in places:
                        first = _groups(one, mine, block, place)[asked]
                        second = _groups(other, theirs, block, place)[asked]
                        pairs, numbers = np.unique(np.stack((first, second)), axis=1, return_counts=True)
                        for a, b, number in zip(*pairs.tolist(), numbers.tolist(), strict=True):
                            found[place][a, b] = found[place].get((a, b), 0) + number
            if any(_thin(lines, least) for lines in found):
                return True
    return False


def _groups(shown: Standing, side: Side, block: Block, place: int) -> Numbers:
    """The group of each interview: 0 what stays back, then the groups; each before, now and later."""
    back = [label not in shown.shown[place] for label in side.labels]
    fresh = [shown.earlier >= 0 and label not in shown.shown_earlier[place] for label in side.labels]
    codes = side.reading.codes(block).astype(np.int64)
    groups = np.where(np.array(back)[codes], 0, codes + 1)
    when = np.where(block.ids <= shown.earlier, _BEFORE, _NOW)
    when = np.where(np.array(fresh)[codes] & (groups > 0), _NOW, when)
    later = block.ids > shown.upto
    return np.where(later, _LATER, 3 * groups + when)


def _thin(lines: dict[tuple[int, int], int], least: int) -> bool:
    rows = {group: place for place, group in enumerate(dict.fromkeys(one for one, _ in lines))}
    columns = {group: len(rows) + place for place, group in enumerate(dict.fromkeys(one for _, one in lines))}
    matrix = np.zeros((len(rows) + len(columns),) * 2, dtype=np.int64)
    for (one, other), number in lines.items():
        ends = rows[one], columns[other]
        matrix[ends] = matrix[ends[::-1]] = number
    return any(True for _ in thin_cuts(matrix, least))
