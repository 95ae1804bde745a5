"""Indicators -> rates: interviews are counted by code, and every rate says what it rests on.

For an indicator, an interview is not asked (no entry), refused, don't know, positive, other valid, or outside
the rule (an option without polarity or score): `surveys.counting`. What a group of them comes to says
`surveys.counted`. Who is outside the frame of the questionnaire's screen, or never came to it, is in no rate
at all, and counted apart.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import Any, get_args

import numpy as np

from surveys.columns import Columns
from surveys.counted import Cell, figures, told
from surveys.counting import (
    INSIDE,
    Part,
    Table,
    Where,
    among,
    both,
    crossed,
    measures,
    parts_by_fact,
    parts_by_question,
    tabulated,
)
from surveys.groupings import GROUPING, PLACES, Crossings, cross, small_beside_others
from surveys.meanings import Measure, Reading
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import DontKnowRule, Indicator, Questionnaire
from surveys.readings import Everybody, Fact, Pair
from surveys.rule_words import indicator_title
from surveys.suppression import LEAST, small_groups, small_members


class Tally:
    """Counts the interviews of a wave, overall and by one variable: a place, the channel, or a question.

    Cells of fewer than `least` stay back; the channels of the `headline` are shown pooled as well; `frames`
    are the places of the screen whom these rates speak for.
    """

    def __init__(
        self,
        questionnaire: Questionnaire,
        by: str | None = None,
        least: int = LEAST,
        headline: Collection[str] = (),
        frames: frozenset[str] = INSIDE,
    ) -> None:
        """ValueError if `by` is neither township, community, channel nor a question with options."""
        self.questionnaire = questionnaire
        self.by = by
        self.least = least
        self.headline = headline
        self.frames = frames
        self.complete = 0
        self.partial = 0
        self.outside = 0
        self.unknown = 0
        self._split = None if by is None or by in PLACES else questionnaire.question(by)
        if by is not None and by not in PLACES and (self._split is None or self._split.type not in GROUPING):
            raise ValueError(
                f"不能按“{by}”分组：请用 township、community、channel，"
                "或一道选择题、矩阵题一行（例如 q5.1）的编号。"
            )
        self.tables: dict[Reading, dict[Reading, Table]] = {}
        """What was counted with weights: by what divides the interviews, then by what is asked of them."""
        self.measured: list[Measure] = []
        """What `tables` are by: a composite of the same answers, measured anew, is another reading."""
        self._cells: dict[str | None, list[Cell]] = {None: self._new_cells()}
        self._homes: list[Counter[tuple[str, str]]] = [Counter() for _ in questionnaire.indicators]
        """For each indicator, the interviews by (township, community), where these are the groups."""
        self.crossings: list[Crossings] = [{} for _ in questionnaire.indicators]
        """For each indicator, the interviews by this grouping and each that it yields to."""

    def count(self, columns: Columns, where: Where | None = None, *, weighted: bool = False) -> None:
        """Count these interviews; whom the rates do not speak for is counted apart.

        `weighted` keeps the sums of their weights in `tables` for `surveys.weighted`: one pass does for both.
        """
        statuses, frames = columns.facts["status"], columns.facts["frame"]
        found = crossed(columns, Fact("status"), len(statuses), Fact("frame"), len(frames), where)
        for status, row in zip(statuses, found.tolist(), strict=True):
            for frame, number in zip(frames, row, strict=True):
                if frame not in self.frames:
                    self.outside += number * (frame == "outside")
                    self.unknown += number * (frame == "unknown")
                elif status == "complete":
                    self.complete += number
                else:
                    self.partial += number
        inside = among(columns, "frame", self.frames.__contains__)
        if where is not None:
            inside = both(inside, where)
        self.measured = measured = measures(self.questionnaire, columns)
        for number, part in enumerate(self._parts(columns)):
            tables = self._count_part(columns, part, measured, inside, number == 0, weighted)
            if weighted:
                self.tables[part.reading] = tables
        if self.by == "community":
            self._count_homes(columns, measured, inside)
        if self.by is not None:
            crossed_now = cross(self.questionnaire, columns, self.by, measured, inside)
            for mine, more in zip(self.crossings, crossed_now, strict=True):
                for sides, pairs in more.items():
                    mine.setdefault(sides, Counter()).update(pairs)

    def _count_homes(self, columns: Columns, measured: Sequence[Measure], where: Where) -> None:
        """Count who was asked by township and community: the one must not tell what the other hides."""
        townships, communities = columns.facts["township"], columns.facts["community"]
        homes = list(product(townships, communities))
        reading = Pair(Fact("township"), Fact("community"), len(communities))
        for counter, one in zip(self._homes, measured, strict=True):
            counts = crossed(columns, reading, len(homes), one.reading, len(one.meanings), where)
            said = told(counts, one.meanings)
            for place in np.flatnonzero(counts.any(axis=1)):
                cell = Cell()
                cell.add(said[place])
                counter[homes[place]] += cell.asked

    def _count_part(
        self,
        columns: Columns,
        part: Part,
        measured: Sequence[Measure],
        where: Where,
        everybody: bool,
        weighted: bool,
    ) -> dict[Reading, Table]:
        groups, everyone = len(part.labels), Everybody()
        readings: dict[Reading, int] = {one.reading: len(one.meanings) for one in measured}
        readings[everyone] = 1
        tables = tabulated(columns, part.reading, groups, readings, where, weighted=weighted)
        sizes = tables[everyone].n[:, 0]
        present = {
            label: place for place, label in enumerate(part.labels) if label is not None and sizes[place]
        }
        for label in present:
            self._cells.setdefault(label, self._new_cells())
        for place, one in enumerate(measured):
            counts = tables[one.reading].n
            said = told(np.vstack((counts, counts.sum(axis=0))), one.meanings)
            if everybody:
                self._cells[None][place].add(said[-1])
            for label, row in present.items():
                self._cells[label][place].add(said[row])
        return tables

    def _parts(self, columns: Columns) -> list[Part]:
        if self._split is not None:
            return parts_by_question(self._split, columns)
        return [Part(Everybody(), (None,))] if self.by is None else parts_by_fact(self.by, columns)

    def without(self, part: "Tally") -> "Tally":
        """The counts of everybody but those of `part`, which were counted here as well."""
        rest = Tally(self.questionnaire, self.by, self.least, self.headline, self.frames)
        for name in ("complete", "partial", "outside", "unknown"):
            setattr(rest, name, getattr(self, name) - getattr(part, name))
        for group, cells in self._cells.items():
            others = part._cells.get(group) or self._new_cells()
            rest._cells[group] = [one.minus(other) for one, other in zip(cells, others, strict=True)]
        rest._homes = [one - other for one, other in zip(self._homes, part._homes, strict=True)]
        rest.crossings = [
            {sides: pairs - other.get(sides, Counter()) for sides, pairs in one.items()}
            for one, other in zip(self.crossings, part.crossings, strict=True)
        ]
        return rest

    def rates(self, back: Sequence[Collection[str | None]] | None = None) -> list[dict[str, Any]]:
        """One entry per indicator, don't-know rule and group, in the public shape.

        `back` are the groups that stay back for each indicator, by default those that the rule keeps back.
        """
        return list(self._entries(back or self.hidden()))

    def sizes(self, place: int) -> dict[str | None, int]:
        """How many were asked for the indicator at this place, by group; None stands for all."""
        return {group: cells[place].asked for group, cells in self._cells.items()}

    def homes(self, place: int) -> Counter[tuple[str, str]]:
        """The same by township and community, where communities are the groups."""
        return self._homes[place]

    def townships(self, place: int) -> Counter[str]:
        """The same by township, where communities are the groups."""
        found: Counter[str] = Counter()
        for (township, _), size in self._homes[place].items():
            found[township] += size
        return found

    def shown_members(self, place: int) -> dict[str, dict[str, int]]:
        """Of every shown township its interviews ("") and those of its shown communities."""
        back, townships = self.hidden()[place], self.townships(place)
        if None in back:
            return {}
        hidden = small_groups(townships, townships.total(), self.least)
        found = {town: {"": size} for town, size in townships.items() if town not in hidden}
        for (town, community), size in self._homes[place].items():
            if town in found and community not in back:
                found[town][f"={community}"] = size
        return found

    def hidden(self) -> list[set[str | None]]:
        """For each indicator the groups that stay back; None stands for all."""
        return [self._hidden(place) for place in range(len(self.questionnaire.indicators))]

    def cells(self) -> Iterator[tuple[Indicator, str | None, Cell]]:
        """The shown cells only: indicator, group (None = all), counts."""
        groups = self._ordered_groups()
        for place, indicator in enumerate(self.questionnaire.indicators):
            hidden = self._hidden(place)
            for group in groups:
                if group not in hidden:
                    yield indicator, group, self._cells[group][place]

    def group(self, value: str | None) -> dict[str, str]:
        """How a group is written in the results."""
        return {} if value is None or self.by is None else {self.by: value}

    def _entries(self, back: Sequence[Collection[str | None]]) -> Iterator[dict[str, Any]]:
        for place, indicator in enumerate(self.questionnaire.indicators):
            hidden, title = back[place], indicator_title(self.questionnaire, indicator)
            for group in self._ordered_groups():
                for rule in get_args(DontKnowRule):
                    shown = None if group in hidden else self._cells[group][place]
                    yield {
                        "indicator": indicator.id,
                        "title": title,
                        "question": "+".join(indicator.asks),
                        "rule": indicator.rule,
                        "denominator_rule": indicator.denominator,
                        "dont_know_rule": rule,
                        "declared": rule == indicator.dont_know_rule,
                        "group": self.group(group),
                        "group_label": self._label(group),
                        **figures(shown, rule, indicator),
                        "target": indicator.target,
                        "weighted": None,
                    }

    def _new_cells(self) -> list[Cell]:
        return [Cell() for _ in self.questionnaire.indicators]

    def _ordered_groups(self) -> list[str | None]:
        named = [group for group in self._cells if group is not None]
        if self._split is None:
            return [None, *sorted(named)]
        codes = [option.code for option in self._split.options] + [REFUSED, NOT_ASKED]
        return [None, *sorted(named, key=lambda code: codes.index(code) if code in codes else len(codes))]

    def _label(self, group: str | None) -> str:
        if group is None:
            return "全部"
        if self._split is None:
            return group or "未填写"
        option = self._split.option(group)
        return option.label if option else {NOT_ASKED: "未问到", REFUSED: "未回答"}.get(group, group)

    @property
    def overlapping(self) -> bool:
        """Whether somebody may be in several groups."""
        return self._split is not None and self._split.type == "multiple"

    def _hidden(self, place: int) -> set[str | None]:
        sizes = {group: size for group, size in self.sizes(place).items() if group is not None}
        total = self._cells[None][place].asked
        if total < self.least:
            return {None, *sizes}
        if self.by == "community":
            back = {group for group, size in sizes.items() if size < self.least}
            townships = self.townships(place)
            rows = {home: [size] for home, size in self._homes[place].items()}
            return {*back, *small_members(rows, small_groups(townships, total, self.least), self.least)}
        pooled = self.by == "channel" and self.headline
        blocks = {group: str(group in self.headline) for group in sizes} if pooled else None
        found = small_groups(sizes, total, self.least, blocks=blocks, overlapping=self.overlapping)
        found |= {group for group, size in sizes.items() if size < self.least}
        return {*self.with_others(place, found)}

    def with_others(self, place: int, back: Collection[str], rest: "Tally | None" = None) -> set[str]:
        """The groups that stay back beside earlier groupings, where those of `back` do so anyway.

        `rest` is everybody else, where a group is shown both for this tally and for the rest, or not at all.
        """
        layers = [one.crossings[place] for one in (self, rest) if one is not None]
        return small_beside_others(layers, self.overlapping, back, self.least, self.headline)
