"""PURE: interviews -> blocks of codes that mean the same from the first interview of a wave to the last."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from threading import Lock
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from surveys.columns import ANSWERED, BLOCK, FACTS, STATES, Block, Codes, Columns
from surveys.days import DAY, SHANGHAI_OFFSET
from surveys.native import NOT_ASKED, REFUSED
from surveys.questionnaire import Answer, Answers, Question, Questionnaire
from surveys.sources import campaign_of
from surveys.store import Interview


class Codebook(dict[str | None, int]):
    """Label -> code; a label that is new gets the next code. None stands for "refused"."""

    def __init__(self, labels: Iterable[str] = ()) -> None:
        super().__init__()
        self.labels = list(labels)
        self.update((label, code) for code, label in enumerate(self.labels))
        self[None] = self.get(REFUSED, -1)

    def __missing__(self, label: str | None) -> int:
        self[label] = code = len(self.labels)
        self.labels.append(str(label))
        return code

    def column(self, found: Sequence[str | None]) -> Codes:
        """The codes of these labels, in the smallest type that holds all codes given so far."""
        codes = np.fromiter(map(self.__getitem__, found), dtype=np.int32, count=len(found))
        return codes.astype(np.min_scalar_type(-len(self.labels)))


class Given(Protocol):
    """The answers of some interviews, decoded in whatever way."""

    def codes(self, name: str, book: Codebook) -> Codes:
        """The answers to a question, coded by the book."""

    def chosen(self, name: str, codes: Sequence[str]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        """The state of each answer to a question of several choices, and what was chosen."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Answers one interview after the other."""

    answers: Sequence[Answers]

    def codes(self, name: str, book: Codebook) -> Codes:
        """As `Given` has it."""
        return book.column([cast(str | None, one.get(name, NOT_ASKED)) for one in self.answers])

    def chosen(self, name: str, codes: Sequence[str]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        """As `Given` has it."""
        return _several(codes, [one.get(name, NOT_ASKED) for one in self.answers])


@dataclass(frozen=True, slots=True)
class Rows:
    """Interviews, a list for each thing that is coded: to make an object of each would take as long again."""

    ids: Sequence[int]
    versions: Sequence[int]
    submitted: Sequence[int]
    answers: Given
    statuses: Sequence[str]
    channels: Sequence[str]
    townships: Sequence[str]
    communities: Sequence[str]
    came_from: Sequence[str]
    frames: Sequence[str]
    panels: Sequence[str]
    flags: Sequence[Sequence[str]]
    designs: Sequence[Mapping[str, str | float] | None]

    @classmethod
    def of(cls, rows: Sequence[Interview]) -> "Rows":
        """Interviews that are there as objects."""
        return cls(
            [row.id for row in rows],
            [row.version for row in rows],
            [row.submitted_at for row in rows],
            Listed([row.answers for row in rows]),
            [row.status for row in rows],
            [row.channel for row in rows],
            [row.township for row in rows],
            [row.community for row in rows],
            [row.came_from for row in rows],
            [row.frame for row in rows],
            [row.panel for row in rows],
            [row.flags for row in rows],
            [row.design for row in rows],
        )

    @classmethod
    def stored(cls, rows: Sequence[Sequence[Any]], answers: Given) -> "Rows":
        """Interviews as `surveys.store.Raw` has them, and their answers, decoded already."""
        ids, versions, submitted, _, *told, flags, designs = islice(zip(*rows, strict=True), len(fields(cls)))
        known = {one: tuple(json.loads(one)) for one in set(flags)}
        marked = [known[one] for one in flags]
        designed = [None if one is None else json.loads(one) for one in designs]
        columns: list[Any] = [ids, versions, submitted, answers, *told, marked, designed]
        return cls(*columns)


class Coder:
    """Turns interviews of one version into blocks whose codes mean the same from the first to the last."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._lock = Lock()
        self._facts = {name: Codebook() for name in FACTS}
        self._single: dict[str, Codebook] = {}
        self._several: dict[str, tuple[str, ...]] = {}
        for question in coded(questionnaire):
            codes = tuple(option.code for option in question.options)
            if question.type == "multiple":
                self._several[question.id] = codes
            else:
                self._single[question.id] = Codebook((NOT_ASKED, REFUSED, *codes))

    @property
    def one(self) -> Iterable[str]:
        """The questions that have one answer."""
        return self._single

    @property
    def several(self) -> Iterable[str]:
        """The questions that have a list of answers."""
        return self._several

    def block(self, rows: Sequence[Interview]) -> Block:
        """These interviews as one block."""
        return self.block_of(Rows.of(rows))

    def block_of(self, rows: Rows) -> Block:
        """These rows as one block. Two threads may ask at once: a label never gets two codes."""
        with self._lock:
            return self._block(rows)

    def _block(self, rows: Rows) -> Block:
        answers = {name: rows.answers.codes(name, book) for name, book in self._single.items()}
        picks = {}
        for name, codes in self._several.items():
            answers[name], picks[name] = rows.answers.chosen(name, codes)
        weights = np.ones(len(rows.ids))
        strata, clusters = [""] * len(rows.ids), [""] * len(rows.ids)
        for place, design in enumerate(rows.designs):
            if design:
                weights[place] = float(design.get("weight", 1.0))
                strata[place] = str(design.get("stratum", ""))
                clusters[place] = str(design.get("cluster", ""))
        facts = {
            "township": rows.townships,
            "community": rows.communities,
            "channel": rows.channels,
            "status": rows.statuses,
            "frame": rows.frames,
            "flags": ["|".join(flags) if flags else "" for flags in rows.flags],
            "campaign": [_campaign(came_from) if came_from else "" for came_from in rows.came_from],
            "panel": rows.panels,
            "stratum": strata,
            "cluster": clusters,
            "version": [str(version) for version in rows.versions],
        }
        return Block(
            np.array(rows.ids, dtype=np.int64),
            ((np.array(rows.submitted, dtype=np.int64) + SHANGHAI_OFFSET) // DAY).astype(np.int32),
            weights,
            {name: self._facts[name].column(labels) for name, labels in facts.items()},
            answers,
            picks,
        )

    def columns(self, blocks: Iterable[Block]) -> Columns:
        """These blocks with the labels as they are now."""
        return Columns(
            tuple(blocks),
            {name: tuple(book.labels) for name, book in self._facts.items()},
            {name: tuple(book.labels) for name, book in self._single.items()}
            | dict.fromkeys(self._several, STATES),
        )


def code(questionnaire: Questionnaire, interviews: Iterable[Interview]) -> Columns:
    """All these interviews at once."""
    coder, waiting, blocks = Coder(questionnaire), iter(interviews), []
    while part := list(islice(waiting, BLOCK)):
        blocks.append(coder.block(part))
    return coder.columns(blocks)


def coded(questionnaire: Questionnaire) -> Iterator[Question]:
    """The questions that have columns; a row of a matrix is one."""
    for question in questionnaire.questions:
        if question.type == "matrix":
            yield from (question.row(row.code) for row in question.rows)
        elif question.type in ("single", "multiple", "scale"):
            yield question


def _several(
    codes: Sequence[str], said: Sequence[Answer]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """The state of each answer to a question of several choices, and what was chosen."""
    places = {code: place for place, code in enumerate(codes)}
    states = np.zeros(len(said), dtype=np.int8)
    chosen = np.zeros((len(codes), len(said)), dtype=np.int8)
    for row, answer in enumerate(said):
        if answer is None:
            states[row] = STATES.index(REFUSED)
        elif answer != NOT_ASKED:
            states[row] = STATES.index(ANSWERED)
            for code in answer:
                if code in places:
                    chosen[places[code], row] = 1
    return states, chosen


def _campaign(came_from: str) -> str:
    number = campaign_of(came_from)
    return "" if number is None else str(number)
