"""An attack on what is shown: everything that figures say about who answered, as a linear programme.

Whoever attacks knows who lives where: which townships of the code go with which answers to where one lives.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from surveys.coding import code
from surveys.native import parse
from surveys.results import Counted
from surveys.stepping import moved
from surveys.steps import OVERALL, Step, Steps
from surveys.store import Interview
from surveys.terms import Terms, seal
from surveys.views import seen, seen_open
from surveys.waves import Wave
from surveys.wishes import Wish
from tests.exporting import interview, wave

QUESTIONS = parse("""
id = "q"
title = "问卷"
[[question]]
id = "age"
type = "single"
title = "您的年龄是？"
options = [{code = "1", label = "青年"}, {code = "2", label = "中年"}, {code = "3", label = "老年"}]
[[question]]
id = "home"
type = "single"
title = "您住在哪个乡镇？"
options = [{code = "1", label = "东镇"}, {code = "2", label = "西镇"}, {code = "3", label = "南镇"}]
[[question]]
id = "one"
type = "single"
title = "满意吗？"
options = [
  {code = "1", label = "满意", polarity = "positive"},
  {code = "2", label = "不满意", polarity = "negative"},
  {code = "9", label = "说不清", polarity = "dont_know"},
]
[[indicator]]
id = "satisfaction"
question = "one"
""")
TOWNSHIPS = ("东镇", "西镇", "南镇")
HOMES = (
    ("东镇", "一村"),
    ("东镇", "二村"),
    ("东镇", "中心"),
    ("西镇", "三村"),
    ("西镇", "中心"),
    ("南镇", "四村"),
)
CHANNELS, AGES, ANSWERS = ("chat", "page", "interviewer"), ("1", "2", "3"), ("1", "2", "9", "")
HEADLINE = ("chat", "page")
BREAKDOWNS = (None, "township", "community", "channel", "age", "home")

Cell = Mapping[str, str]
Where = Callable[[Cell], bool]
Shown = tuple[Where, dict[str, Any]]


@dataclass(slots=True)
class Attack:
    """How many people of each kind there may be, as far as shown figures tell; a kind is a `Cell`."""

    cells: Sequence[Cell]
    rows: list[npt.NDArray[np.float64]] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)
    known: set[bytes] = field(default_factory=set)

    def learn(self, where: Where, size: float) -> None:
        """So many are where this holds."""
        row = self.row(where)
        if row.tobytes() not in self.known:
            self.known.add(row.tobytes())
            self.rows.append(row)
            self.sums.append(size)

    def range(self, where: Where) -> tuple[float, float]:
        """The fewest and the most that may be where this holds."""
        row = self.row(where)
        rows, sums = np.array(self.rows), np.array(self.sums)
        nobody = (rows[sums == 0] > 0).any(axis=0)  # where a figure of none leaves nothing to find
        kinds = np.unique(np.vstack((row, rows[sums > 0]))[:, ~nobody], axis=1)  # alike in all figures
        if not kinds.size or not kinds[0].any():
            return 0.0, 0.0
        ends = [
            linprog(sign * kinds[0], A_eq=kinds[1:], b_eq=sums[sums > 0], bounds=(0, None), method="highs")
            for sign in (1, -1)
        ]
        assert all(end.success or end.status == 3 for end in ends), [end.message for end in ends]
        low, high = (end.fun if end.success else -np.inf for end in ends)
        return low, -high

    def row(self, where: Where) -> npt.NDArray[np.float64]:
        return np.array([float(where(cell)) for cell in self.cells])


@dataclass(frozen=True, slots=True)
class Found:
    """A group that stayed back: its interviews, and what the attack found of them."""

    size: int
    low: float
    high: float


def kinds(people: Sequence[Interview], waves: int = 1, answers: bool = False) -> Sequence[Cell]:
    """Every kind of person that there may be; `when` tells the export in which somebody was first."""
    found = []
    towns = sorted({(one.township, str(one.answers["home"])) for one in people})
    homes = [(*place, home) for place in HOMES for town, home in towns if town == place[0]]
    for place, channel, age, flag, push, when, answer in product(
        homes, CHANNELS, AGES, "01", "01", map(str, range(waves)), ANSWERS if answers else ("1",)
    ):
        names = ("township", "community", "home", "channel", "age", "flag", "push", "when", "answer")
        found.append(dict(zip(names, (*place, channel, age, flag, push, when, answer), strict=True)))
    return found


def population(chance: random.Random, size: int) -> list[Interview]:
    """People of whom few are of some kinds."""
    weights = [chance.random() ** 2 + 0.02 for _ in HOMES]
    spread = [chance.random() ** 2 + 0.02 for _ in CHANNELS]
    ages = [chance.random() ** 2 + 0.02 for _ in AGES]
    rare, moved_away = chance.choice([0.02, 0.1, 0.3]), chance.choice([0.0, 0.02, 0.1])
    found = []
    for number in range(size):
        (township, community), (channel,), (age,) = (
            chance.choices(HOMES, weights)[0],
            chance.choices(CHANNELS, spread),
            chance.choices(AGES, ages),
        )
        answer = chance.choices(ANSWERS, [6, 3, 1, 1])[0]
        town = chance.choice(TOWNSHIPS) if chance.random() < moved_away else township
        found.append(
            interview(
                {"age": age, "home": str(TOWNSHIPS.index(town) + 1), "one": answer or None},
                f"r{number}",
                id=number + 1,
                township=township,
                community=community,
                channel=channel,
                flags=["burst"] if chance.random() < rare else [],
                came_from="push:3" if chance.random() < rare else "",
            )
        )
    return found


def cell_of(one: Interview) -> Cell:
    """The kind of a person, without `when`."""
    return {
        "township": one.township,
        "community": one.community,
        "channel": one.channel,
        "age": str(one.answers["age"]),
        "home": str(one.answers["home"]),
        "flag": str(int(bool(one.flags))),
        "push": str(int(bool(one.came_from))),
        "answer": str(one.answers["one"] or ""),
    }


def declared(least: int) -> Wave:
    """A wave whose headline pools two of three channels, and whose cells of fewer than `least` stay back."""
    sealed = seal(QUESTIONS, 1, Terms(headline=HEADLINE, least=least), None, None)
    return replace(wave(), sealed=sealed)


def shown(people: Sequence[Interview], least: int, steps: Steps | None = None) -> Iterator[Shown]:
    """Every figure of every breakdown and part: whom it is about, and the entry, hidden or not."""
    columns = code(QUESTIONS, people)
    for by in BREAKDOWNS:
        counted = Counted(declared(least), QUESTIONS, by)
        counted.count(columns.until(steps[by or OVERALL].upto) if steps else columns)
        parts = counted.parts(steps)
        pushed = parts["through_push"] or {"rates": [], "others": []}
        tables: list[tuple[Where, list[dict[str, Any]]]] = [
            (lambda cell: True, counted.whole.rates()),
            (lambda cell: cell["flag"] == "0", parts["without_flagged"]),
            (lambda cell: cell["channel"] in HEADLINE, parts["headline"]["rates"]),
            (lambda cell: cell["push"] == "1", pushed["rates"]),
            (lambda cell: cell["push"] == "0", pushed["others"]),
        ]
        for part, entries in tables:
            for entry in entries:
                if entry["declared"]:
                    upto = steps[by or OVERALL].upto if steps else 0
                    yield _of(part, entry["group"]), {**entry, "upto": upto}


def wishes() -> Iterator[tuple[Wish, Where]]:
    """Every part that can be asked for by one thing, with the doubtful and without; and some by two."""
    parts: list[tuple[Wish, Where]] = [(Wish(), _of(_all, {}))]
    parts += [(Wish(township=one), _of(_all, {"township": one})) for one in TOWNSHIPS]
    parts += [(Wish(channel=one), _of(_all, {"channel": one})) for one in CHANNELS]
    for name in ("age", "home"):
        parts += [(Wish(question=name, code=one), _of(_all, {name: one})) for one in AGES]
    for wish, where in parts:
        yield wish, where
        yield replace(wish, doubtful=False), _of(where, {"flag": "0"})
    for town, age in product(TOWNSHIPS, AGES):
        yield Wish(township=town, question="age", code=age), _of(_all, {"township": town, "age": age})


def _all(cell: Cell) -> bool:
    return True


def filtered(people: Sequence[Interview], least: int, steps: Steps | None = None) -> Iterator[Shown]:
    """Every figure of every part that somebody may ask the page for, split by everything."""
    columns = code(QUESTIONS, people)
    for (wish, part), by in product(wishes(), BREAKDOWNS):
        if steps is None:
            view = seen(declared(least), QUESTIONS, columns, wish, by)
        else:
            view = seen_open(declared(least), QUESTIONS, columns, steps, wish, by)
        upto = max((int(block.ids.max()) for block in view.columns.blocks if len(block)), default=0)
        for entry in view.rates():
            if entry["declared"]:
                yield _of(part, entry["group"]), {**entry, "upto": upto}


def everything(people: Sequence[Interview], least: int, steps: Steps | None = None) -> Iterator[Shown]:
    """Every table of files and pages, with its parts, and every part that may be asked for."""
    yield from shown(people, least, steps)
    yield from filtered(people, least, steps)


def shown_over_time(
    people: Sequence[Interview],
    times: Sequence[int],
    least: int,
    figures: Callable[[Sequence[Interview], int, Steps], Iterator[Shown]] = shown,
) -> Iterator[Found]:
    """Exports of an open wave after so many answers, the last after all: what they tell together.

    Of every small group that stayed back in any, and of the few that a shown group has grown by.
    """
    attack, back, grown = Attack(kinds(people, waves=len(times))), list[Where](), list[Where]()
    parts = [] if figures is shown else [(wish, by) for (wish, _), by in product(wishes(), BREAKDOWNS)]
    kept: dict[str, Step] = {}
    for some in (people[:time] for time in times):
        columns, by = code(QUESTIONS, some), list(BREAKDOWNS)
        kept |= moved(declared(least), QUESTIONS, kept, columns, len(some), by, parts)
        for where, entry in figures(some, least, kept):
            period = sum(entry["upto"] > time for time in times)
            if entry["suppressed"]:
                back.append(_until(where, period))
            else:
                learn(attack, _until(where, period), entry, answers=False)
                grown += [_in(where, one) for one in range(1, period + 1)]
    cells = [{**cell_of(one), "when": str(sum(one.id > time for time in times))} for one in people]
    yield from _found(attack, cells, [*back, *grown], least)


def _until(where: Where, period: int) -> Where:
    return lambda cell: where(cell) and int(cell["when"]) <= period


def _in(where: Where, period: int) -> Where:
    return lambda cell: where(cell) and cell["when"] == str(period)


def _of(part: Where, group: Mapping[str, str]) -> Where:
    return lambda cell: part(cell) and all(cell[name] == value for name, value in group.items())


def learn(attack: Attack, where: Where, entry: Mapping[str, Any], answers: bool) -> None:
    """What a shown entry tells."""
    attack.learn(where, entry["n"])
    if answers:
        for answer, size in (
            ("1", entry["numerator"]),
            ("9", entry["dont_know"]),
            ("", entry["refused"]),
        ):
            attack.learn(lambda cell, a=answer: where(cell) and cell["answer"] == a, size)  # type: ignore[misc]


def told(
    people: Sequence[Interview],
    least: int,
    *,
    answers: bool = False,
    figures: Callable[[Sequence[Interview], int], Iterator[Shown]] = shown,
) -> Iterator[Found]:
    """What all that is shown of these people tells of every small group that stays back."""
    attack, back = Attack(kinds(people, answers=answers)), []
    for where, entry in figures(people, least):
        if not entry["suppressed"]:
            learn(attack, where, entry, answers)
        else:
            back.append(where)
    yield from _found(attack, [cell_of(one) for one in people], back, least)


def _found(attack: Attack, cells: Sequence[Cell], back: Sequence[Where], least: int) -> Iterator[Found]:
    for where in {attack.row(where).tobytes(): where for where in back}.values():
        size = sum(where(cell) for cell in cells)
        if attack.rows and 0 < size < least:
            yield Found(size, *attack.range(where))
