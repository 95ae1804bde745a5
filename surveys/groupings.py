"""PURE: what rates can be split by, in one order: a later grouping yields to the earlier ones."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from surveys.columns import Block, Columns, Mask
from surveys.counting import Where
from surveys.meanings import Measure, Reading
from surveys.parts import columns as pieces
from surveys.questionnaire import Question, Questionnaire
from surveys.readings import Fact, Picked, Said
from surveys.together import Pair, yielding

PLACES = ("township", "community", "channel")
GROUPING = ("single", "multiple", "scale")
"""The types of question that rates can be grouped by; a row of a matrix is a single choice."""
_MOST_OPTIONS = 12

Crossings: TypeAlias = dict[tuple[str, str], Counter[Pair]]
"""(side of a grouping, side of an earlier one) -> interviews by (group of the earlier one, its own)."""


@dataclass(frozen=True, slots=True)
class Side:
    """A division of everybody into groups; of a question of several choices there is one for each option."""

    name: str
    reading: Reading
    labels: tuple[str, ...]


def grouping_questions(questionnaire: Questionnaire) -> list[Question]:
    """The questions about the person: one choice, put to everybody, measuring nothing."""
    measuring = {name for indicator in questionnaire.indicators for name in indicator.asks}
    return [
        question
        for question in questionnaire.asked()
        if question.type == "single"
        and question.metric is None
        and question.show_if is None
        and question.id not in measuring
        and len(question.options) <= _MOST_OPTIONS
    ]


def breakdowns(questionnaire: Questionnaire) -> list[str]:
    """What rates are split by in files."""
    return [*PLACES, *(question.id for question in grouping_questions(questionnaire))]


def before(questionnaire: Questionnaire, by: str) -> list[str]:
    """The groupings that this one yields to; a community has its own rule beside its township."""
    if by in ("township", "community"):
        return []
    every = order(questionnaire)
    return every[: every.index(by)] if by in every else every


def order(questionnaire: Questionnaire) -> list[str]:
    """All groupings: those of files, then every other question that has groups."""
    every = [part.id for one in questionnaire.asked() for part in pieces(one) if part.type in GROUPING]
    return list(dict.fromkeys([*breakdowns(questionnaire), *every]))


def sides(questionnaire: Questionnaire, columns: Columns, by: str) -> list[Side]:
    """A grouping as divisions of everybody."""
    if by in PLACES:
        return [Side(by, Fact(by), columns.facts[by])]
    question = questionnaire.question(by)
    if question is None:
        return []
    if question.type != "multiple":
        return [Side(by, Said(by), columns.answers[by])]
    return [
        Side(side_of(by, option.code), Picked(by, place), ("", option.code))
        for place, option in enumerate(question.options)
    ]


def is_whole(questionnaire: Questionnaire, columns: Columns, by: str) -> bool:
    """Whether its groups hold everybody once, with no rule beside another grouping's groups."""
    return by != "community" and [side.name for side in sides(questionnaire, columns, by)] == [by]


def side_of(by: str, option: str) -> str:
    """What the side of an option of a question of several choices is called."""
    return f"{by}:{option}"


def cross(
    questionnaire: Questionnaire, columns: Columns, by: str, measured: Sequence[Measure], where: Where
) -> list[Crossings]:
    """For each indicator, those whom it asks by this grouping and each earlier one.

    Indicators that ask the same people of a block are counted once.
    """
    own = sides(questionnaire, columns, by)
    others = [side for name in before(questionnaire, by) for side in sides(questionnaire, columns, name)]
    found: list[Crossings] = [{} for _ in measured]
    if not others:
        return found
    for block in columns.blocks:
        inside = where(block)
        for asked, places in asked_alike(block, measured, inside):
            for one in own:
                mine = one.reading.codes(block)[asked].astype(np.intp)
                for other in others:
                    theirs = other.reading.codes(block)[asked].astype(np.intp)
                    counted = _counted(other, one, theirs * len(one.labels) + mine)
                    for place in places:
                        found[place].setdefault((one.name, other.name), Counter()).update(counted)
    return found


def small_beside_others(
    layers: Sequence[Crossings],
    overlapping: bool,
    back: Collection[str],
    least: int,
    headline: Collection[str] = (),
) -> set[str]:
    """The groups of a grouping that stay back beside the earlier ones, where those of `back` do so anyway.

    `layers`: its crossings, or those of a part and of the rest. `overlapping`: people may be in several
    groups, each of which is a side of its own. `headline`: the channels whose sum is shown.
    """
    found = set(back)
    by_side: dict[str, list[tuple[Sequence[Mapping[Pair, int]], Collection[str]]]] = {}
    for own, other in dict.fromkeys(names for layer in layers for names in layer):
        pooled = headline if other == "channel" else ()
        by_side.setdefault(own, []).append(([layer.get((own, other), {}) for layer in layers], pooled))
    for others in by_side.values():
        names = {own for beside, _ in others for layer in beside for _, own in layer}
        if not overlapping or names.isdisjoint(found):
            more = yielding(found & names, others, least)
            found |= more - {""} if overlapping else more
    return found


def asked_alike(block: Block, measured: Sequence[Measure], inside: Mask) -> Iterator[tuple[Mask, list[int]]]:
    """Who was asked, and for which indicators it is they."""
    masks: dict[bytes, tuple[Mask, list[int]]] = {}
    for place, one in enumerate(measured):
        asks = np.array([meaning != "not_asked" for meaning in one.meanings], dtype=np.bool_)
        mask = inside & asks[one.reading.codes(block)]
        masks.setdefault(mask.tobytes(), (mask, []))[1].append(place)
    return iter(masks.values())


def _counted(other: Side, own: Side, keys: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Mapping[Pair, int]:
    wide = len(own.labels)
    counts = np.bincount(keys, minlength=len(other.labels) * wide)
    return {
        (other.labels[key // wide], own.labels[key % wide]): int(counts[key])
        for key in np.flatnonzero(counts).tolist()
    }
