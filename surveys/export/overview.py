"""What has to be known of a wave before its rows are written: counts, rates, how coarse, how wide.

One pass over the interviews; every file of the same snapshot starts from the same overview.
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from surveys.coding import Coder
from surveys.columns import Block, Columns, Joining
from surveys.crossing import Cross, crosses
from surveys.days import civil_day
from surveys.document import INTERVALS
from surveys.drawn import WHOLE_PLACE
from surveys.export.apart import apart
from surveys.export.census import Census
from surveys.export.coarse import Coarse
from surveys.export.history import Change
from surveys.export.layout import DESIGN, Column, layout
from surveys.export.part import Cells, Part
from surveys.export.quality import Quality
from surveys.export.safe import printable
from surveys.groupings import breakdowns, grouping_questions
from surveys.native import WITHHELD
from surveys.notes import notes, outside_note, population_note, steps_note
from surveys.persons import personal
from surveys.questionnaire import Questionnaire
from surveys.rates import Tally
from surveys.steps import OVERALL, Steps
from surveys.waves import Wave
from surveys.weighing import Weighting, weighting_of
from surveys.weighted import Sampled, drawn, has_design, sampled

SEPARATOR = "\x1f"
"""Between township and community in the groups of the tally by community: one name may stand in two towns."""
_CAUTIOUS = 30


@dataclass(frozen=True, slots=True)
class Overview:
    """A wave, counted: `tallies` by what they are split by, `widths` in bytes of the columns of words."""

    wave: Wave
    questionnaire: Questionnaire
    columns: tuple[Column, ...]
    tallies: Mapping[str, Tally]
    coarse: Coarse
    widths: Mapping[str, int]
    rows: int
    """Interviews, finished or not, of whomever."""
    complete: int
    """Of those whom the rates speak for."""
    partial: int
    last_day: int | None
    told: tuple[str, ...] = ()
    """What happened around the wave: dated corrections after the seal, pushes on its topics."""
    outside: str = ""
    """Who is in no rate, in words."""
    apart: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    weighting: Weighting | None = None
    crosses: tuple[Cross, ...] = ()
    given: Sampled | None = field(default=None, repr=False)
    """The interviews that the overall rates rest on; None once nothing more is to be counted."""
    changes: tuple[Change, ...] = ()
    quality: Quality | None = None
    texts: bool = False
    stepped: bool = False
    channels: tuple[str, ...] = ()
    """Those that interviews came in by."""

    @property
    def title(self) -> str:
        """That of the questionnaire."""
        return self.questionnaire.title

    @property
    def opened_at(self) -> int:
        """When the wave opened."""
        return self.wave.opened_at

    @property
    def design(self) -> bool:
        """Whether the columns have those of a design."""
        return any(column.name in DESIGN for column in self.columns)

    async def cells_of(self, parts: AsyncIterable[Part]) -> AsyncIterator[list[Cells]]:
        """Part after part, column by column."""
        async for part in parts:
            shown = self.coarse.of(part)
            yield [column.cells(shown) for column in self.columns]

    def population(self) -> str:
        """How the interviews came about; with the warning that goes with every output."""
        return population_note(self.wave, self.complete, self.partial, self.channels)

    def intervals(self) -> str:
        """What the intervals are, which depends on how the wave was declared."""
        return INTERVALS[self.wave.terms.sample == "probability"]

    def notes(self) -> list[str]:
        """Everything that a reader of the file must be told, line by line."""
        least = self.wave.terms.least
        told = [*self.told, *([self.outside] if self.outside else [])]
        first, *others = notes(
            self.wave, self.questionnaire, self.complete, self.partial, self.channels, told=told
        )
        others += [self.intervals(), *([steps_note(least)] if self.stepped else [])]
        return [first, *doubts(self.rows, least), *others, *_protection(least), *self._kept_back()]

    def _kept_back(self) -> list[str]:
        """What the rows do not tell, and of how many people."""
        lines, least = [], self.wave.terms.least
        if titles := "、".join(f"“{printable(question.title)}”" for question in self.coarse.personal):
            lines.append(
                f"看得出是谁的几项（乡镇街道、社区村和{titles}）放在一起，相同的至少有 {least} 份；"
                f"不够的，逐项不列出（代码 {WITHHELD}，地点写“其余”），层、群和权重随地点不列出。"
            )
        if withheld := "、".join(
            f"“{printable(title)}” {number} 份" for title, number in self.coarse.withheld.items()
        ):
            lines.append(f"{self.rows} 份里因此不列出的：{withheld}。")
        if not self.texts:
            lines.append("居民自己写的文字不在这份文件里；要看的，由有权处理居民留言的同事导出。")
        return lines


def _protection(least: int) -> tuple[str, str]:
    """What stays back, in words."""
    return (
        f"少于 {least} 份的单元不显示；能从合计、或从另一种几乎相同的分组推算出来的单元也一并不显示。",
        f"逐份数据里，不足 {least} 份的乡镇街道、社区村并入“其余”，日期并到至少有 {least} 份的一天。",
    )


def doubts(rows: int, least: int) -> list[str]:
    """How little so few interviews say; nothing from 30 on, where the intervals speak for themselves."""
    if rows == 0:
        return ["还没有收到答卷，各项比率都没有。"]
    if rows < least:
        return [f"只收到 {rows} 份答卷，少于 {least} 份，各项比率都不显示。"]
    if rows < _CAUTIOUS:
        return [f"只收到 {rows} 份答卷，区间很宽，只能作个参考，不宜下结论。"]
    return []


async def look_over(
    wave: Wave,
    questionnaire: Questionnaire,
    parts: AsyncIterable[Part],
    *,
    rates: bool,
    texts: bool = False,
    told: Sequence[str] = (),
    steps: Steps | None = None,
) -> Overview:
    """Count the interviews of a wave, all or without `rates` only what the rows need.

    `texts`: with what people wrote in their own words. `told` goes into the notes: what happened around the
    wave. An open wave is shown in `steps`: each breakdown as far as it may be, and nothing across two.
    """
    headline, least = wave.terms.headline, wave.terms.least
    shown_by = breakdowns(questionnaire) if rates else []
    tallies = {by: Tally(questionnaire, by, least, headline) for by in shown_by}
    columns = layout(questionnaire, True, texts)
    census = Census(columns, personal(questionnaire))
    coder, rows = Coder(questionnaire), Joining()
    async for part in parts:
        census.add(part)
        if rates:
            rows.add(_block(coder, part, wave))
    coded = _with_whole_places(coder.columns(rows.blocks()))
    for by, tally in tallies.items():
        shown = _upto(coded, steps, by)
        tally.count(_by_whole_places(shown) if by == "community" else shown)
    given = sampled(coded, questionnaire, terms=wave.terms)
    weighting, tables = _estimated(given, tallies, steps) if rates else (None, ())
    kept = columns if census.design else layout(questionnaire, False, texts)
    coarse = census.coarse(civil_day(wave.opens_at), least)
    last = max(coarse.days.values(), default=None)
    frames = census.frames
    return Overview(
        wave,
        questionnaire,
        kept,
        tallies,
        coarse,
        census.widths,
        frames.total(),
        census.statuses["complete"],
        census.statuses["partial"],
        last,
        tuple(told),
        outside_note(frames["outside"], frames["unknown"]),
        apart(wave, given, steps) if rates else {},
        weighting,
        tables,
        given=replace(given, columns=_upto(coded, steps, "channel")) if rates else None,
        texts=texts,
        stepped=bool(steps),
        channels=census.channels,
    )


def _block(coder: Coder, part: Part, wave: Wave) -> Block:
    """The rows that the declared rules let into the rates."""
    assert part.rows is not None  # noqa: S101
    block = coder.block_of(part.rows)
    if "partial" not in wave.terms.exclusions:
        return block
    return block.only(np.array([status != "partial" for status in part.rows.statuses], dtype=np.bool_))


def _upto(columns: Columns, steps: Steps | None, by: str) -> Columns:
    """What this breakdown may show of them."""
    return columns.until(steps[by].upto) if steps and by in steps else columns


def _with_whole_places(columns: Columns) -> Columns:
    """The same with township and community as one fact: one name may stand in two towns."""
    towns, villages = columns.facts["township"], columns.facts["community"]
    wide = max(1, len(villages))

    def pairs(block: Block) -> npt.NDArray[np.int64]:
        return block.facts["township"].astype(np.int64) * wide + block.facts["community"]

    found = [np.unique(pairs(block)) for block in columns.blocks]
    known = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    small = np.min_scalar_type(-len(known) - 1)
    labels = tuple(f"{towns[pair // wide]}{SEPARATOR}{villages[pair % wide]}" for pair in known.tolist())
    blocks = [
        replace(block, facts={**block.facts, WHOLE_PLACE: np.searchsorted(known, pairs(block)).astype(small)})
        for block in columns.blocks
    ]
    return replace(columns, blocks=tuple(blocks), facts={**columns.facts, WHOLE_PLACE: labels})


def _by_whole_places(columns: Columns) -> Columns:
    """The same, a community being township and community together."""
    blocks = [
        replace(block, facts={**block.facts, "community": block.facts[WHOLE_PLACE]})
        for block in columns.blocks
    ]
    facts = {**columns.facts, "community": columns.facts[WHOLE_PLACE]}
    return replace(columns, blocks=tuple(blocks), facts=facts)


def _estimated(
    given: Sampled, tallies: Mapping[str, Tally], steps: Steps | None
) -> tuple[Weighting | None, tuple[Cross, ...]]:
    """What the sealed margins make of the rates, and the questions that belong together.

    Of a wave that is shown in steps: the breakdowns that are as new as the whole, and no cross-tables, whose
    cells would move on one by one.
    """
    newest = steps[OVERALL].upto if steps else None
    level = [by for by in tallies if not steps or (by in steps and steps[by].upto == newest)]
    entries = {by: tallies[by].rates() for by in level}
    if "community" in entries:
        entries["community"] = [_by_whole_place(entry) for entry in entries["community"]]
    margins = given.terms.margins
    designed = bool(margins) or has_design(given)
    weighting, design = weighting_of(given, margins, entries) if designed else (None, drawn(given))
    if steps:
        return weighting, ()
    return weighting, crosses(given, grouping_questions(given.questionnaire), design)


def _by_whole_place(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a community by what it is estimated by."""
    names = [*entry["group"].values()]
    return {**entry, "group": {WHOLE_PLACE: names[0]} if names else {}}
