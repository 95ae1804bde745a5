"""PURE: interviews at the door: which household is next, what became of it, what is checked afterwards.

The outcome codes are those of AAPOR, Standard Definitions, 9th edition, 2016 (final disposition codes for
in-person household surveys).
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from surveys.outcomes import Outcomes
from surveys.questionnaire import Answers

Mode = Literal["household", "street"]

ELSEWHERE_AT_MOST = 3
"""So many neighbours may stand in for one household that was lost."""
ALIKE_FROM = 5
"""Interviews of one interviewer below which sameness says nothing."""
ALIKE_ABOVE_OTHERS = 0.2
ALIKE_ANYHOW = 0.95


@dataclass(frozen=True, slots=True)
class Disposition:
    """One outcome of a contact: AAPOR's code, the office's words, whether another visit may still help.

    An interviewer chooses among those that are `offered`.
    """

    name: str
    code: str
    words: str
    again: bool = False
    on_street: bool = False
    offered: bool = True


COMPLETE = Disposition("complete", "1.1", "完成访问", on_street=True)
QUOTA_FULL = Disposition("quota_full", "4.80", "这一类人要的份数已经够了", on_street=True, offered=False)
DISPOSITIONS: tuple[Disposition, ...] = (
    COMPLETE,
    Disposition("partial", "1.2", "答了一部分后停下", on_street=True),
    Disposition("refused", "2.10", "不愿意接受访问", on_street=True),
    Disposition("not_home", "2.20", "家里没有人，或要找的人不在", again=True),
    Disposition("unable", "2.30", "生病、语言不通等，没法访问", on_street=True),
    Disposition("no_access", "3.10", "进不去，不知道有没有人住", again=True),
    Disposition("unknown_person", "3.20", "有人住，不知道有没有合条件的人", again=True),
    Disposition("vacant", "4.60", "空房，或不是住家"),
    Disposition("not_eligible", "4.70", "没有合条件的人", on_street=True),
    QUOTA_FULL,
)
BY_NAME = {one.name: one for one in DISPOSITIONS}


@dataclass(frozen=True, slots=True)
class Household:
    """A household by its place on the walk: the `number`-th counted from the start, or a neighbour of it."""

    number: int
    stand_in: int = 0

    @property
    def code(self) -> str:
        """What the interviewer writes on the list, such as "012" or "012-1"; it names no address."""
        return f"{self.number:03d}" + (f"-{self.stand_in}" if self.stand_in else "")


@dataclass(frozen=True, slots=True)
class Contact:
    """What became of one household or passer-by so far."""

    household: Household
    outcome: str
    visits: int


def is_final(outcome: str, visits: int, most_visits: int) -> bool:
    """Whether nobody goes there again."""
    return not BY_NAME[outcome].again or visits >= most_visits


def adds(earlier: Contact, seen: int | None, outcome: str, most_visits: int) -> int | None:
    """How many visits a report adds to what is known of its household; None where it adds nothing at all.

    `seen` is how many visits its form knew of, None where the form does not say. Where there have been more,
    two forms tell of one visit: what ends the visits to a household stands, whichever of them came first.
    """
    if seen is not None and seen < earlier.visits:
        return 0 if BY_NAME[earlier.outcome].again and not BY_NAME[outcome].again else None
    return None if is_final(earlier.outcome, earlier.visits, most_visits) else 1


def next_household(contacts: Sequence[Contact], most_visits: int, replaces: bool) -> Household:
    """Where to knock next, open revisits aside: further on the walk, or beside a household that was lost."""
    if not contacts:
        return Household(1)
    last = max(contacts, key=lambda one: (one.household.number, one.household.stand_in))
    place = last.household
    is_lost = is_final(last.outcome, last.visits, most_visits) and last.outcome != COMPLETE.name
    if replaces and is_lost and place.stand_in < ELSEWHERE_AT_MOST:
        return Household(place.number, place.stand_in + 1)
    return Household(place.number + 1)


def way(start: str, step: int, household: Household) -> str:
    """How to find a household, in the interviewer's words."""
    if household.stand_in:
        return f"{household.number:03d} 号家庭的隔壁一户（第 {household.stand_in} 次替换）"
    if household.number == 1:
        return f"起点：{start}"
    return f"从 {household.number - 1:03d} 号家庭起，沿右手边数，第 {step} 户"


def outcomes_of(contacts: Iterable[Contact]) -> Outcomes:
    """The final and current dispositions counted for AAPOR's rates; who is not eligible is left out."""
    found = Counter(one.outcome for one in contacts)
    return Outcomes(
        complete=found["complete"],
        partial=found["partial"],
        refused=found["refused"],
        not_reached=found["not_home"],
        other=found["unable"],
        unknown_household=found["no_access"],
        unknown_person=found["unknown_person"],
    )


@dataclass(frozen=True, slots=True)
class Sameness:
    """How alike the answers are that one interviewer brought.

    `own` is the share of questions on which two of their interviews agree, over all pairs; `others` the same
    between all interviews of the wave's interviewers.
    """

    interviewer: str
    interviews: int
    own: float
    others: float

    @property
    def is_striking(self) -> bool:
        """Worth a revisit: a sign, never a proof."""
        if self.interviews < ALIKE_FROM:
            return False
        return self.own >= ALIKE_ANYHOW or self.own - self.others >= ALIKE_ABOVE_OTHERS


def sameness(interviews: Iterable[tuple[str, Answers]]) -> list[Sameness]:
    """One entry an interviewer, the most alike first; counted by answers, so that pairs are never formed."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    numbers: Counter[str] = Counter()
    together: dict[str, Counter[str]] = {}
    for interviewer, answers in interviews:
        numbers[interviewer] += 1
        mine = counts.setdefault(interviewer, {})
        for question, answer in answers.items():
            said = repr(answer)
            mine.setdefault(question, Counter())[said] += 1
            together.setdefault(question, Counter())[said] += 1
    others = _agreement(together)
    found = [Sameness(name, numbers[name], _agreement(mine), others) for name, mine in counts.items()]
    return sorted(found, key=lambda one: (-one.own, one.interviewer))


def _agreement(counts: Mapping[str, Counter[str]]) -> float:
    """The share of pairs that agree, over all questions; 0 without a pair."""
    agreeing = sum(n * (n - 1) for said in counts.values() for n in said.values())
    pairs = sum(total * (total - 1) for said in counts.values() if (total := sum(said.values())))
    return agreeing / pairs if pairs else 0.0


def draw_revisits(
    households: Iterable[tuple[str, str]], seed: str, share: float = 0.1
) -> list[tuple[str, str]]:
    """(interviewer, household code) to be visited again: of each interviewer the share, at least one.

    The draw follows from the seed, so that anybody can repeat it.
    """

    def lot(one: tuple[str, str]) -> str:
        return hashlib.sha256(f"{seed}:{one[0]}:{one[1]}".encode()).hexdigest()

    drawn: list[tuple[str, str]] = []
    for _, group in groupby(sorted(set(households)), key=lambda one: one[0]):
        mine = sorted(group, key=lot)
        drawn += sorted(mine[: math.ceil(share * len(mine))])
    return drawn
