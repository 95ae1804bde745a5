"""PURE: which part of a wave somebody wishes to see, and what of it stays back.

One may ask for one township after the other, by age, and take all of them from the whole. So a part is not
judged by itself: all parts that can be had by the same kind of wish are one table, with a cell for every
township and age. The table is shown row by row (`small_rows`): a row stays back in every part or in none, and
which grouping makes the rows is fixed, so that to ask the other way round tells nothing more. Communities
stay back with their townships, and a grouping that is nearly an earlier one yields within every part. Of an
open wave the table is divided by the moments at which it could be seen as well (`surveys.waiting`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from surveys.columns import Block, Codes, Columns
from surveys.counting import Where, among, measures, parts_by_question
from surveys.groupings import GROUPING, asked_alike, before, order, sides
from surveys.meanings import Reading
from surveys.questionnaire import Questionnaire
from surveys.suppression import small_members, small_rows
from surveys.together import Pair, yielding
from surveys.waiting import waiting

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
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """1 where something holds."""

    where: Where

    def codes(self, block: Block) -> Codes:
        return self.where(block).astype(np.int8)


@dataclass(frozen=True, slots=True)
class _Since:
    """By which of these interviews somebody had come: the place of the first that is not before."""

    upto: tuple[int, ...]

    def codes(self, block: Block) -> Codes:
        if not self.upto:
            return np.zeros(len(block), dtype=np.int8)
        return np.searchsorted(np.array(self.upto), block.ids, side="left")


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
    upto: Sequence[int] = (),
) -> list[set[str | None]]:
    """For each indicator the groups that no part of this kind shows; None stands for the part as a whole.

    `inside`: whom the rates speak for. `alone`: what stays back where the whole is shown by each grouping
    that is wished for. `upto`: the last interview of each moment of an open wave; () for a closed one.
    """
    wished = _sides(wish, columns, questionnaire)
    grouped = None if by is None or by in wish.groups else _grouping(by, columns, questionnaire)
    found: list[set[str | None]] = []
    when = _Side(len(order(questionnaire)) + 2, _Since(tuple(upto)), max(len(upto), 1), None)
    totals = _tables(columns, questionnaire, [*wished, when], inside)
    tables = totals
    if grouped is not None:
        tables = _tables(columns, questionnaire, [*wished, grouped, when], inside)
    known: _Known = {}
    homes = _homes(wished, columns, questionnaire, inside) if by == "community" else None
    for place, (total, table) in enumerate(zip(totals, tables, strict=True)):
        if any(group in alone[name][place] for name, group in wish.groups.items() if name in alone):
            found.append({None})
            continue
        row = min(range(len(wished)), key=lambda number: wished[number].rank)
        few = _small(total, row, when.size, least)
        likes = _likes(wished, row, few, columns, questionnaire, inside, place, least, known)
        if wished[row].wanted in few or any(one.wanted in likes[at] for at, one in enumerate(wished)):
            found.append({None})
            continue
        found.append(set())
        if grouped is None:
            continue
        labels = _labels(by or "", columns, questionnaire)
        divisions = [*wished, grouped]
        row = min(range(len(divisions)), key=lambda number: divisions[number].rank)
        few = _small(table, row, when.size, least) if homes is None else _small_homes(homes[place], least)
        likes = _likes(divisions, row, few, columns, questionnaire, inside, place, least, known)
        back = likes[-1] | (few if row == len(wished) else set())
        if any(one.wanted in likes[at] | (few if at == row else set()) for at, one in enumerate(wished)):
            back = set(range(len(labels)))
        found[-1] |= {labels[code] for code in back}
    return found


def _homes(
    wished: Sequence[_Side], columns: Columns, questionnaire: Questionnaire, inside: Where
) -> list[Mapping[tuple[int, ...], int]]:
    """For each indicator, those whom it asks by the wishes, township and community."""
    found = [_grouping(name, columns, questionnaire) for name in ("township", "community")]
    others = [one for one in wished if one.name != "township"]
    return _tables(columns, questionnaire, [*others, *(one for one in found if one is not None)], inside)


def _small_homes(table: Mapping[tuple[int, ...], int], least: int) -> set[int]:
    """The codes of the communities whose rows stay back: beside each other, and beside their townships."""
    others = {key[:-2]: 0 for key in table}
    rows: dict[tuple[int, int], dict[tuple[int, ...], int]] = {}
    for key, size in table.items():
        rows.setdefault((key[-2], key[-1]), dict(others))[key[:-2]] = size
    homes = {home: list(cells.values()) for home, cells in rows.items()}
    towns: dict[int, list[int]] = {}
    for (town, _), cells in homes.items():
        towns[town] = [one + more for one, more in zip(towns.get(town, [0] * len(cells)), cells, strict=True)]
    return small_members(homes, small_rows(towns, least), least)


def _likes(
    divisions: Sequence[_Side],
    row: int,
    few: Collection[int],
    columns: Columns,
    questionnaire: Questionnaire,
    inside: Where,
    place: int,
    least: int,
    known: "_Known",
) -> list[set[int]]:
    """For each division the codes that stay back beside an earlier grouping that is nearly the same.

    Both may be asked for, split by the rest: so within every cell of the others the one yields to the other
    (`surveys.together`). `few` are the rows that stay back already.
    """
    found: list[set[int]] = [set() for _ in divisions]
    names = {one.name for one in divisions}
    for at, one in enumerate(divisions):
        others = [name for name in before(questionnaire, one.name) if name not in names] if one.name else []
        for side in (side for name in others for side in sides(questionnaire, columns, name)):
            key = (len(divisions), side.name)
            if key not in known:
                other = _Side(0, side.reading, len(side.labels), None)
                known[key] = _tables(columns, questionnaire, [*divisions, other], inside)
            layers: dict[tuple[int, ...], Counter[Pair]] = {}
            for cell, size in known[key][place].items():
                cell = tuple(-1 if n == row != at and code in few else code for n, code in enumerate(cell))
                layer = layers.setdefault(cell[:at] + cell[at + 1 : -1], Counter())
                layer[str(cell[-1]), str(cell[at])] += size
            back = {str(code) for code in (few if at == row else ())}
            more = yielding(back, [(list(layers.values()), ())], least)
            found[at] |= {int(code) for code in more - back}
    return found


_Known: TypeAlias = dict[tuple[int, str], Sequence[Mapping[tuple[int, ...], int]]]
"""Tables that have been counted: (number of divisions, side of an earlier grouping) -> for each indicator."""


def _small(table: Mapping[tuple[int, ...], int], row: int, moments: int, least: int) -> set[int]:
    """The codes of the division at `row` whose rows stay back; the last division are the moments."""
    cells = dict.fromkeys(key[:row] + key[row + 1 : -1] for key in table)
    places = {cell: place for place, cell in enumerate(cells)}
    rows: dict[int, list[list[int]]] = {}
    for key, size in table.items():
        numbers = rows.setdefault(key[row], [[0] * moments for _ in places])
        numbers[places[key[:row] + key[row + 1 : -1]]][key[-1]] = size
    return waiting(rows, least)


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
            found.append(replace(side, wanted=wanted))
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
    return _Side(rank, found[0].reading, len(found[0].labels), None, by)


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
