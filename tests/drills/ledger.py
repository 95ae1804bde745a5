"""What the residents were promised: every acknowledged answer, every reply, and what was found broken."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from bot.simulator.courier import Delivery
from surveys.questionnaire import Answer

KEPT_FOR_REDELIVERY = 400


@dataclass(slots=True, eq=False)
class Case:
    """One person's interview: the answers whose acknowledgement arrived, and whether the thanks did."""

    openid: str
    respondent: str
    channel: str
    answers: dict[str, Answer] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery that was acknowledged, and the second (of the drill's clock) in which it was."""

    delivery: Delivery
    at: int


class Ledger:
    """Filled by the residents, read by the invariants. `broken` holds a line for each promise not kept."""

    def __init__(self) -> None:
        self.answers = 0
        self.messages = 0
        self.redelivered = 0
        self.unsettled: list[Case] = []
        self.asked: list[str] = []
        self.broken: dict[str, list[str]] = {
            "acknowledged answers lost": [],
            "effects doubled": [],
            "differing replies": [],
            "pushes without an end": [],
            "damage": [],
        }
        self.recoveries: list[float] = []
        self.endings: Counter[str] = Counter()
        self._replies: dict[tuple[object, ...], tuple[str, object]] = {}
        self._shown: deque[Shown] = deque(maxlen=KEPT_FOR_REDELIVERY)

    def opens(self, case: Case) -> Case:
        """Somebody begins an interview."""
        self.unsettled.append(case)
        return case

    def answered(self, case: Case, question: str, value: Answer) -> None:
        """An answer was acknowledged: from now on it may not be lost."""
        case.answers[question] = value
        self.answers += 1

    def replied(self, delivery: Delivery, now: int) -> None:
        """A delivery was acknowledged: the first time sets the reply, every other one must bring the same."""
        content = (delivery.reply.msgtype if delivery.reply else "", delivery.text)
        key = key_of(delivery.fields)
        if key in self._replies:
            self.redelivered += 1
            if self._replies[key] != content:
                self.report("differing replies", f"{key}: {self._replies[key]!r} then {content!r}")
            return
        self.messages += 1
        self._replies[key] = content
        self._shown.append(Shown(delivery, now))

    def earlier(self, rng: Random, now: int, seconds: int) -> Delivery | None:
        """Some delivery that was acknowledged within so many seconds."""
        recent = [one.delivery for one in self._shown if now - one.at <= seconds]
        return rng.choice(recent) if recent else None

    def report(self, promise: str, words: str) -> None:
        """Note a promise that was not kept, once."""
        if words not in self.broken[promise]:
            self.broken[promise].append(words)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept so far."""
        return not any(self.broken.values())


def key_of(fields: Mapping[str, object]) -> tuple[object, ...]:
    """What makes a message the same message: sender, create time, and its id or the event and its key."""
    names = ("FromUserName", "CreateTime", "MsgId", "Event", "EventKey", "MsgID")
    return tuple(fields.get(name) for name in names)
