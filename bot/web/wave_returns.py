"""PURE: how a wave comes in: by channel, question by question, and how long it takes to answer."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from surveys.interview import Ask, next_step
from surveys.questionnaire import Answers, Question, Questionnaire
from surveys.rates import LEAST

CHANNELS = {"chat": "公众号聊天", "page": "网页", "import": "导入"}


@dataclass(frozen=True, slots=True)
class Reached:
    """One question: how many were asked, how many of them refused, how many stopped just before it."""

    number: int
    question: Question
    asked: int
    refused: int
    stopped: int

    @property
    def hidden(self) -> bool:
        """Too few to say how many refused."""
        return self.asked < LEAST


class Returns:
    """Counts interviews as they stream by; what it keeps does not grow with their number."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.total = 0
        self._channels: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._stopped: Counter[str] = Counter()
        self._seconds: Counter[int] = Counter()

    def add(self, answers: Answers, *, status: str, channel: str, seconds: int) -> None:
        """Count one interview; `seconds` from its start to its end."""
        self.total += 1
        self._channels[channel] += 1
        self._asked.update(answers.keys())
        self._refused.update(question for question, answer in answers.items() if answer is None)
        if status == "complete":
            self._seconds[seconds] += 1
        elif isinstance(step := next_step(self.questionnaire, answers), Ask):
            self._stopped[step.question.id] += 1

    def channels(self) -> list[tuple[str, int]]:
        """(words, interviews), the most used first."""
        return [(CHANNELS.get(name, name), number) for name, number in self._channels.most_common()]

    def questions(self) -> Iterator[Reached]:
        """Every question that wants an answer, in order."""
        for number, question in enumerate(self.questionnaire.asked(), 1):
            name = question.id
            yield Reached(number, question, self._asked[name], self._refused[name], self._stopped[name])

    def median_seconds(self) -> int | None:
        """Half of the complete interviews took no longer; None for too few to say."""
        size = self._seconds.total()
        if size < LEAST:
            return None
        passed = 0
        for seconds in sorted(self._seconds):
            passed += self._seconds[seconds]
            if 2 * passed >= size:
                return seconds
        raise AssertionError("the counts add up to their total")


def show_length(seconds: int) -> str:
    """95 as 1 分 35 秒; hours and days where an interview was taken up again later."""
    if seconds < 60:
        return f"{seconds} 秒"
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分钟"
    if seconds < 86_400:
        return f"{seconds / 3600:.1f} 小时"
    return f"{seconds / 86_400:.1f} 天"
