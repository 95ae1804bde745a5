"""PURE: when something is asked, counted or held inside: what an expression means for a person's answers.

`q1 = 1 and (q3 has 2 or not q4 >= 60)`: a question's id (`grid.a` is a row of a matrix), one of
= != < <= > >= in has answered, and a value, which is an option's code, a number or a date. What was not asked
or was refused answers every comparison with no. `surveys.condition_reading` reads one from its text.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Given: TypeAlias = Mapping[str, str | list[str] | None]
"""Answers by id, as `surveys.questionnaire.Answers`."""
Kind = Literal["one", "several", "scale", "number", "date", "place", "words"]
_SIGNS: Mapping[str, Callable[..., bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
WHOLE = re.compile(r"-?\d{1,9}")


@dataclass(frozen=True, slots=True)
class Condition:
    """`question` was answered with one of `codes`: `show_if = {question = "q1", in = ["1"]}`."""

    question: str
    codes: tuple[str, ...]

    @property
    def text(self) -> str:
        """The same as an expression."""
        return f"{self.question} in ({', '.join(self.codes)})"

    def holds(self, given: Given) -> bool:
        """Not asked and refused both mean no."""
        answer = given.get(self.question)
        if answer is None:
            return False
        chosen = [answer] if isinstance(answer, str) else answer
        return any(code in self.codes for code in chosen)

    def names(self) -> frozenset[str]:
        """The ids that it looks at."""
        return frozenset([self.question])


@dataclass(frozen=True, slots=True)
class Answered:
    """The question was asked and not refused."""

    question: str

    def holds(self, given: Given) -> bool:
        """Whether there is an answer."""
        return given.get(self.question) is not None

    def names(self) -> frozenset[str]:
        """The ids that it looks at."""
        return frozenset([self.question])


@dataclass(frozen=True, slots=True)
class Compared:
    """An answer beside a value: as text, as a whole number, or as a point of a scale (other codes: no)."""

    question: str
    sign: str
    value: str
    kind: Kind
    points: frozenset[str] = frozenset()

    def holds(self, given: Given) -> bool:
        """Whether there is an answer that compares so."""
        answer = given.get(self.question)
        if not isinstance(answer, str):
            return False
        if self.kind == "scale" and self.sign not in ("=", "!="):
            return answer in self.points and _SIGNS[self.sign](int(answer), int(self.value))
        if self.kind == "number":
            return WHOLE.fullmatch(answer) is not None and _SIGNS[self.sign](int(answer), int(self.value))
        return _SIGNS[self.sign](answer, self.value)

    def names(self) -> frozenset[str]:
        """The ids that it looks at."""
        return frozenset([self.question])


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Node"

    def holds(self, given: Given) -> bool:
        """Also where the part says no because nothing was answered."""
        return not self.part.holds(given)

    def names(self) -> frozenset[str]:
        """The ids that it looks at."""
        return self.part.names()


@dataclass(frozen=True, slots=True)
class Joined:
    """All of the parts, or any of them."""

    word: Literal["and", "or"]
    parts: tuple["Node", ...]

    def holds(self, given: Given) -> bool:
        """Of all or of one."""
        found = (part.holds(given) for part in self.parts)
        return all(found) if self.word == "and" else any(found)

    def names(self) -> frozenset[str]:
        """The ids that they look at."""
        return frozenset().union(*(part.names() for part in self.parts))


Node: TypeAlias = Condition | Answered | Compared | Not | Joined


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as it was written, and what it means."""

    text: str
    tree: Node

    def holds(self, given: Given) -> bool:
        """Total: every set of answers gives yes or no."""
        return self.tree.holds(given)

    def names(self) -> frozenset[str]:
        """The ids that it looks at."""
        return self.tree.names()


When: TypeAlias = Condition | Expression
"""The table form and the expression that says the same are one and the same."""


def decided(when: When, given: Given) -> bool:
    """Whether every question that it looks at was put, so that later answers cannot change it."""
    return when.names() <= given.keys()
