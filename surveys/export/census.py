"""What has to be known of all rows before the first is written: who, where, when, and how wide texts are."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from surveys.counting import INSIDE
from surveys.export.classes import Key
from surveys.export.coarse import (
    OTHER_COMMUNITIES,
    OTHER_TOWNSHIPS,
    OTHER_WAYS,
    Coarse,
    coarsen,
    keys_of,
)
from surveys.export.layout import Column
from surveys.export.part import DESIGN, Cells, Part
from surveys.questionnaire import Question

_OTHERS = {
    "township": OTHER_TOWNSHIPS,
    "community": OTHER_COMMUNITIES,
    "channel": OTHER_WAYS,
    "came_from": OTHER_WAYS,
}


class Census:
    """Counts part after part."""

    def __init__(self, columns: Sequence[Column], personal: tuple[Question, ...]) -> None:
        """`columns` of the file, those of a design among them; `personal` are the questions about persons."""
        self._personal = personal
        self._open_ended = [
            column
            for column in columns
            if (column.kind == "words" and not column.labels)
            or (column.question and not column.question.options)
        ]
        self._keys: Counter[Key] = Counter()
        self._days: Counter[int] = Counter()
        self._ways: dict[str, Counter[str]] = {"channel": Counter(), "came_from": Counter()}
        self.widths = Counter({name: len(words.encode()) for name, words in _OTHERS.items()})
        """Bytes of the widest text of each column of words."""
        self.statuses: Counter[str] = Counter()
        """Of those whom the rates speak for."""
        self.frames: Counter[str] = Counter()
        self.design = False
        """Whether some came with a weight, a stratum or a cluster."""

    def add(self, part: Part) -> None:
        """Count these rows."""
        _, keys, sizes = keys_of(part, self._personal)
        self._keys.update(dict(zip(keys, sizes.tolist(), strict=True)))
        self._days.update(_counted(part.facts["day"]))
        for name, counter in self._ways.items():
            counter.update(_counted(part.facts[name]))
        frames = part.facts["frame"]
        self.frames.update(_counted(frames))
        inside = np.array([frame in INSIDE for frame in frames.values], dtype=np.bool_)[frames.codes]
        statuses = part.facts["status"]
        self.statuses.update(_counted(Cells(statuses.codes[inside], statuses.values)))
        self.design = self.design or any(
            value is not None for name in DESIGN for value in part.facts[name].values
        )
        for column in self._open_ended:
            for text in set(column.cells(part).values):
                width = len(str("" if text is None else text).encode())
                if width > self.widths[column.name]:
                    self.widths[column.name] = width

    @property
    def channels(self) -> tuple[str, ...]:
        """Those that interviews came in by."""
        return tuple(self._ways["channel"])

    def coarse(self, opening: int, least: int) -> Coarse:
        """How the rows are made coarse; `opening` is the wave's first day."""
        return coarsen(
            self._keys,
            self._days,
            opening,
            channels=self._ways["channel"],
            sources=self._ways["came_from"],
            personal=self._personal,
            least=least,
        )


def _counted(cells: Cells) -> Counter[Any]:
    found = np.bincount(cells.codes, minlength=len(cells.values)).tolist()
    return Counter({value: count for value, count in zip(cells.values, found, strict=True) if count})
