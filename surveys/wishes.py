"""PURE: which part of a wave somebody wishes to see, and what of it stays back.

One may ask for one township after the other, by age, and take all of them from the whole. So a part is not
judged by itself: all parts that can be had by the same kind of wish are one table, with a cell for every
township and age. The table is shown row by row (`small_rows`): a row stays back in every part or in none, and
which grouping makes the rows is fixed, so that to ask the other way round tells nothing more.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from surveys.columns import Block, Codes, Columns
from surveys.counting import Where, among, measures, parts_by_question
from surveys.groupings import GROUPING, asked_alike, order, sides
from surveys.meanings import Reading
from surveys.questionnaire import Questionnaire
from surveys.suppression import small_rows

Hidden: TypeAlias = Sequence[Collection[str | None]]
"""For each indicator the groups that stay back in the whole wave; None stands for all."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown; "" where it does not matter. `doubtful`: with the interviews that have a mark.

    `question` and `code` are an answer that must have been chosen.
    """

    township: str = ""
    channel: str = ""
    question: str = ""
    code: str = ""
    doubtful: bool = True

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Wish()

    @property
    def groups(self) -> Mapping[str, str]:
        """Grouping -> the group of it that is wished for."""
        found = {"township": self.township, "channel": self.channel, self.question: self.code}
        return {by: group for by, group in found.items() if by and (group or by == self.question)}


@dataclass(frozen=True, slots=True)
class _Side:
    """A division that a table has: where it stands, its codes, and the one that is wished for, if any."""

    rank: int
    reading: Reading
    size: int
    wanted: int | None


@dataclass(frozen=True, slots=True)
class _Held:
    """1 where something holds."""

    where: Where

    def codes(self, block: Block) -> Codes:
        return self.where(block).astype(np.int8)


def criteria(wish: Wish, columns: Columns, questionnaire: Questionnaire) -> list[Where]:
    """One condition for each thing that is wished for; ValueError for a question that has no groups."""
    found = []
    if wish.township:
        found.append(among(columns, "township", wish.township.__eq__))
    if wish.channel:
        found.append(among(columns, "channel", wish.channel.__eq__))
    if wish.question:
        found.append(_chose(wish, columns, questionnaire))
    if not wish.doubtful:
        found.append(among(columns, "flags", "".__eq__))
    return found


def stays_back(
    wish: Wish,
    by: str | None,
    columns: Columns,
    questionnaire: Questionnaire,
    inside: Where,
    alone: Mapping[str, Hidden],
    least: int,
) -> list[set[str | None]]:
    """For each indicator the groups that no part of this kind shows; None stands for the part as a whole.

    `inside`: whom the rates speak for. `alone`: what stays back where the whole is shown by each grouping
    that is wished for.
    """
    wished = _sides(wish, columns, questionnaire)
    grouped = None if by is None or by in wish.groups else _grouping(by, columns, questionnaire)
    found: list[set[str | None]] = []
    totals = _tables(columns, questionnaire, wished, inside)
    tables = _tables(columns, questionnaire, [*wished, grouped], inside) if grouped is not None else totals
    for place, (total, table) in enumerate(zip(totals, tables, strict=True)):
        if any(group in alone[name][place] for name, group in wish.groups.items() if name in alone):
            found.append({None})
            continue
        row = min(range(len(wished)), key=lambda number: wished[number].rank)
        if wished[row].wanted in _small(total, row, least):
            found.append({None})
            continue
        found.append(set())
        if grouped is None:
            continue
        labels = _labels(by or "", columns, questionnaire)
        if grouped.rank < wished[row].rank:
            found[-1] |= {labels[code] for code in _small(table, len(wished), least)}
        elif wished[row].wanted in _small(table, row, least):
            found[-1] |= set(labels)
    return found


def _small(table: Mapping[tuple[int, ...], int], row: int, least: int) -> set[int]:
    """The codes of the division at `row` whose rows stay back."""
    others = {key[:row] + key[row + 1 :]: 0 for key in table}
    rows: dict[int, dict[tuple[int, ...], int]] = {}
    for key, size in table.items():
        rows.setdefault(key[row], dict(others))[key[:row] + key[row + 1 :]] = size
    return small_rows({code: list(cells.values()) for code, cells in rows.items()}, least)


def _tables(
    columns: Columns, questionnaire: Questionnaire, divisions: Sequence[_Side], inside: Where
) -> list[Mapping[tuple[int, ...], int]]:
    """For each indicator, those whom it asks by all divisions at once."""
    measured = measures(questionnaire, columns)
    found: list[Counter[tuple[int, ...]]] = [Counter() for _ in measured]
    sizes = tuple(side.size for side in divisions)
    for block in columns.blocks:
        keys = np.zeros(len(block), dtype=np.int64)
        for side in divisions:
            keys = keys * side.size + side.reading.codes(block)
        for asked, places in asked_alike(block, measured, inside(block)):
            cells, numbers = np.unique(keys[asked], return_counts=True)
            places_of = np.stack(np.unravel_index(cells, sizes), axis=1).tolist() if len(cells) else []
            counted = dict(zip(map(tuple, places_of), numbers.tolist(), strict=True))
            for place in places:
                found[place].update(counted)
    return list(found)


def _sides(wish: Wish, columns: Columns, questionnaire: Questionnaire) -> list[_Side]:
    found = []
    ranks = order(questionnaire)
    for by, group in wish.groups.items():
        if (side := _grouping(by, columns, questionnaire)) is not None:
            labels = _labels(by, columns, questionnaire)
            wanted = labels.index(group) if group in labels else None
            found.append(_Side(side.rank, side.reading, side.size, wanted))
        else:
            chose = _Held(_chose(wish, columns, questionnaire))
            found.append(_Side(ranks.index(by) if by in ranks else len(ranks), chose, 2, 1))
    if not wish.doubtful:
        certain = _Held(among(columns, "flags", "".__eq__))
        found.append(_Side(len(ranks) + 1, certain, 2, 1))
    return found


def _grouping(by: str, columns: Columns, questionnaire: Questionnaire) -> _Side | None:
    """A grouping whose groups hold everybody once; None for a question of several choices.

    Communities make the rows before anything else, and channels after the questions: the more groups, the
    less is lost with one row.
    """
    found = sides(questionnaire, columns, by)
    if len(found) != 1 or found[0].name != by:
        return None
    ranks = order(questionnaire)
    rank = {"community": -2, "township": -1, "channel": len(ranks)}.get(by)
    if rank is None:
        rank = ranks.index(by) if by in ranks else len(ranks)
    return _Side(rank, found[0].reading, len(found[0].labels), None)


def _labels(by: str, columns: Columns, questionnaire: Questionnaire) -> tuple[str, ...]:
    return sides(questionnaire, columns, by)[0].labels


def _chose(wish: Wish, columns: Columns, questionnaire: Questionnaire) -> Where:
    question = questionnaire.question(wish.question)
    if question is None or question.type not in GROUPING:
        raise ValueError(f"没有“{wish.question}”这道选择题。")
    for part in parts_by_question(question, columns):
        if wish.code in part.labels:
            place, reading = part.labels.index(wish.code), part.reading
            return lambda block: np.asarray(reading.codes(block) == place)
    return lambda block: np.zeros(len(block), dtype=np.bool_)
