"""Several waves of one questionnaire in one file: rows under rows, and a column that says which wave it was.

A question is in one column where its id and the codes of its options are the same; what was asked otherwise
stands apart, and says in which waves. The rows of each wave are those of its own file: made coarse by
themselves, so that both files together tell nothing that one of them does not.
"""

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from surveys.export.layout import Column, free_name, words
from surveys.export.overview import Overview
from surveys.export.part import Cells, Part
from surveys.export.safe import printable
from surveys.native import NOT_ASKED

_WAVE = "wave"


@dataclass(slots=True)
class _Shared:
    """A column as the latest wave has it, and the one that each wave has in its place."""

    latest: Column
    own: dict[int, Column] = field(default_factory=dict)

    def takes(self, column: Column) -> bool:
        """Whether this is the same column in another wave."""
        mine, other = self.latest.question, column.question
        if self.latest.name != column.name or self.latest.kind != column.kind:
            return False
        if mine is None or other is None:
            return mine is other
        if (mine.id, mine.type) != (other.id, other.type):
            return False
        several = mine.type in ("multiple", "ranking")  # their options have columns of their own
        return several or {one.code for one in mine.options} == {one.code for one in other.options}

    @property
    def worded_otherwise(self) -> bool:
        """Whether a wave asked it in other words."""
        return len({(one.title, *one.labels.items()) for one in self.own.values() if one.question}) > 1

    def cells(self, part: Part) -> Cells:
        """What stands there; in a wave that had no such question nobody was asked."""
        column = self.own.get(part.wave)
        if column is None and self.latest.question is not None:
            blank = int(NOT_ASKED) if self.latest.kind == "code" else NOT_ASKED
            return Cells(np.zeros(part.size, dtype=np.int8), [blank])
        return (column or self.latest).cells(part)


@dataclass(frozen=True, slots=True)
class Joined:
    """Waves in the order in which they opened, each counted, and the columns of all."""

    waves: tuple[Overview, ...]
    columns: tuple[Column, ...]
    widths: Mapping[str, int]
    apart: tuple[str, ...]
    """Questions that some of the waves did not ask, or not so, in words."""
    reworded: tuple[str, ...]
    """Questions that are in one column though a wave asked them in other words."""

    @property
    def rows(self) -> int:
        """Interviews of all waves."""
        return sum(one.rows for one in self.waves)

    @property
    def title(self) -> str:
        """That of the questionnaire, as it was asked last."""
        return self.waves[-1].title

    @property
    def opened_at(self) -> int:
        """When the latest wave opened."""
        return self.waves[-1].opened_at

    async def cells_of(self, parts: AsyncIterable[Part]) -> AsyncIterator[list[Cells]]:
        """Part after part, column by column; a part says which wave it is of."""
        async for part in parts:
            shown = self.waves[part.wave].coarse.of(part)
            yield [column.cells(shown) for column in self.columns]

    def notes(self) -> list[str]:
        """What a reader must be told: what was put together, and then wave by wave."""
        names = "、".join(f"“{printable(one.wave.name)}”" for one in self.waves)
        lines = [
            f"{printable(self.title)}：{len(self.waves)} 次调查的逐份数据",
            f"从早到晚放在一起的是{names}；每行“调查”一列写是哪一次，编号在每次里从 1 起。",
            "题号和选项代码都相同的题目在同一列；哪一次没有这道题，写“没有问到”（代码 -97）。",
            "各次的填答者不一定是同一批人，也没有把他们对上；各次怎么抽样、收了多少，见下面各次的说明。",
        ]
        lines += [f"分列的题目：{one}。" for one in self.apart]
        lines += [
            f"{one}：各次的题目或选项文字不完全一样，代码相同，在同一列；这里写的是最近一次的文字。"
            for one in self.reworded
        ]
        for one in self.waves:
            first, *rest = one.notes()
            lines += [f"【{printable(one.wave.name)}】{first}", *rest]
        return lines


def joined(waves: Sequence[Overview]) -> Joined:
    """These waves in one file, from the earliest to the latest."""
    shared: list[_Shared] = []
    for place in reversed(range(len(waves))):
        for column in waves[place].columns:
            mine = next((one for one in shared if one.takes(column) and place not in one.own), None)
            if mine is None:
                shared.append(mine := _Shared(column))
            mine.own[place] = column
    names = [words(one.wave.name) for one in waves]
    columns = [
        Column(_WAVE, "调查", "words", lambda part: Cells(np.zeros(part.size, np.int8), [names[part.wave]]))
    ]
    widths = Counter({_WAVE: max(len(name.encode()) for name in names)})
    taken, apart = {_WAVE}, []
    for one in shared:
        name, title = free_name(one.latest.name, taken), one.latest.title
        if one.latest.question is not None and len(one.own) < len(waves):
            only = "、".join(printable(waves[place].wave.name) for place in sorted(one.own))
            title = f"{title}（只在{only}）"
            apart.append(f"{name} {title}")
        labels = {**one.latest.labels}
        for own in one.own.values():
            labels = {**labels, **{code: label for code, label in own.labels.items() if code not in labels}}
        columns.append(replace(one.latest, name=name, title=title, labels=labels, cells=one.cells))
        widths[name] = max([3, *(waves[place].widths.get(own.name, 0) for place, own in one.own.items())])
    reworded = [f"{one.latest.name} {one.latest.title}" for one in shared if one.worded_otherwise]
    return Joined(tuple(waves), tuple(columns), widths, tuple(apart), tuple(reworded))
