"""PURE: how a wave comes in: by channel, source and community, by question, and how long it takes."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.interview import Ask, next_step
from surveys.questionnaire import Answers, Question, Questionnaire
from surveys.suppression import LEAST
from surveys.terms import Place

SEPARATOR = "\x1f"
"""Between township and community."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One question: how many were asked, how many of them refused, how many stopped just before it."""

    number: int
    question: Question
    asked: int
    refused: int
    stopped: int
    hidden: bool
    """Too few to say how many refused."""


@dataclass(frozen=True, slots=True)
class Community:
    """Returns of one community; `target` is None where nothing was aimed at, or it is not in the frame."""

    township: str
    community: str
    complete: int
    target: int | None
    known: bool


class Returns:
    """Counts interviews as they come by; what it keeps does not grow with their number.

    What is told of fewer than `least` stays back.
    """

    def __init__(self, questionnaire: Questionnaire, least: int = LEAST) -> None:
        self.questionnaire = questionnaire
        self.least = least
        self.total = self.complete = self.flagged = 0
        self.channels: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        self.places: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()
        self.seconds: Counter[int] = Counter()
        self._asked: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._stopped: Counter[str] = Counter()

    def add(
        self,
        answers: Answers,
        *,
        status: str,
        channel: str,
        came_from: str = "",
        township: str = "",
        community: str = "",
        seconds: int | None = None,
    ) -> None:
        """Count one interview; `seconds` from its start to its end, None where nobody knows."""
        self.total += 1
        self.channels[channel] += 1
        self.sources[came_from] += 1
        self._asked.update({_question(name) for name in answers})
        self._refused.update({_question(name) for name, answer in answers.items() if answer is None})
        if status == "complete":
            self.complete += 1
            self.places[f"{township}{SEPARATOR}{community}"] += 1
            if seconds is not None:
                self.seconds[seconds] += 1
        else:
            self.stop(answers)

    def stop(self, answers: Answers) -> None:
        """Count where somebody stopped who has not finished."""
        if isinstance(step := next_step(self.questionnaire, answers), Ask):
            self._stopped[_question(step.question.id)] += 1

    def marked(self, before: Collection[str], after: Collection[str]) -> None:
        """Count that an interview has got marks that it had not."""
        self.flagged += bool(after) and not before
        self.flags.update(set(after) - set(before))

    def questions(self) -> Iterator[Reached]:
        """Every question that wants an answer, in order."""
        for number, question in enumerate(self.questionnaire.asked(), 1):
            name = question.id
            asked = self._asked[name]
            yield Reached(
                number, question, asked, self._refused[name], self._stopped[name], asked < self.least
            )

    def communities(self, frame: Sequence[Place]) -> list[Community]:
        """Returns in the order of the frame; then the places that it does not name, "" last."""
        left = dict(self.places)
        found = []
        for place in frame:
            number = left.pop(f"{place.township}{SEPARATOR}{place.community}", 0)
            found.append(Community(place.township, place.community, number, place.target, True))
        for key, number in sorted(left.items(), key=lambda pair: (pair[0] == SEPARATOR, pair[0])):
            township, _, community = key.partition(SEPARATOR)
            found.append(Community(township, community, number, None, False))
        return found

    def quartiles(self) -> tuple[int, int, int] | None:
        """Seconds that a quarter, half and three quarters of the complete took at most; None for too few."""
        size = self.seconds.total()
        if size < self.least:
            return None
        return (self._quantile(1, size), self._quantile(2, size), self._quantile(3, size))

    def as_dict(self) -> dict[str, Any]:
        """For keeping as JSON."""
        return {name: _plain(getattr(self, name)) for name in _KEPT}

    @classmethod
    def from_dict(
        cls, questionnaire: Questionnaire, given: Mapping[str, Any], least: int = LEAST
    ) -> "Returns":
        """What `as_dict` gave."""
        made = cls(questionnaire, least)
        for name in _KEPT:
            value = given[name]
            if name == "seconds":
                value = {int(seconds): number for seconds, number in value.items()}
            setattr(made, name, Counter(value) if isinstance(value, dict) else value)
        return made

    def _quantile(self, quarter: int, size: int) -> int:
        passed = 0
        for seconds in sorted(self.seconds):
            passed += self.seconds[seconds]
            if 4 * passed >= quarter * size:
                return seconds
        raise AssertionError("the counts add up to their total")


_KEPT = (
    "total",
    "complete",
    "flagged",
    "channels",
    "sources",
    "places",
    "flags",
    "seconds",
    "_asked",
    "_refused",
    "_stopped",
)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Counter) else value


def _question(name: str) -> str:
    """The question that a piece of an answer belongs to: "grid.row" is of "grid"."""
    return name.partition(".")[0]
