"""PURE: what in a plan would strike people as wrong, each with proposals that were tried out on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Literal

from content import ledger
from content.audience import overlaps
from content.festivals import SHANGHAI, Day
from content.ledger import Use
from content.planning import Account, Limits, Push, Step, moved, place

Kind = Literal["same_day", "close", "coincide", "quota", "too_often", "tone", "quiet", "late", "almanac"]
Action = Literal["move", "merge", "publish", "keep"]

KIND_WORDS: dict[Kind, str] = {
    "same_day": "同一天",
    "close": "挨得太近",
    "coincide": "节日相连",
    "quota": "次数不够",
    "too_often": "太频繁",
    "tone": "气氛不合",
    "quiet": "安静时间",
    "late": "晚于节日",
    "almanac": "日期待定",
}
REACH_BACK, REACH_ON = 10, 3
"""How many days before and after its wished day a push is proposed to go."""
SHOWN_PROPOSALS = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way out: move a push to `at`, write two as one article, only publish it, or leave it so."""

    action: Action
    key: str
    at: datetime | None
    words: str


@dataclass(frozen=True, slots=True)
class Collision:
    """What clashes: its day, the pushes (keys), the sentence for staff, and at least one proposal."""

    kind: Kind
    day: date
    keys: tuple[str, ...]
    words: str
    proposals: tuple[Proposal, ...]


def collisions(
    steps: Sequence[Step],
    uses: Sequence[Use],
    account: Account,
    limits: Limits,
    days: Sequence[Day],
    now: datetime,
) -> tuple[Collision, ...]:
    """Everything that a person should decide about, in the order of time. `days`: the festivals around."""
    free = _Finder(steps, uses, account, limits, days, now)
    pairs = _pairs(steps, free)
    paired = {key for one in pairs for key in one.keys}
    found = [
        *pairs,
        *_short([step for step in steps if step.push.key not in paired], free),
        *_tones(steps, days, free),
        *_times(steps),
        *_almanac(steps, days),
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.kind, one.keys)))


@dataclass(frozen=True, slots=True)
class _Finder:
    """Tries another day for a push on the whole plan; offers it only where the push then rings as wished."""

    steps: Sequence[Step]
    uses: Sequence[Use]
    account: Account
    limits: Limits
    days: Sequence[Day]
    now: datetime

    def moves(self, step: Step) -> tuple[Proposal, ...]:
        """Other days on which this push would be sent without a clash, the nearest first."""
        if step.push.made is not None:
            return ()
        found = []
        others = [one for one in self.steps if one.push.key != step.push.key]
        booked = [*self.uses, *(use for one in others if (use := one.use) is not None)]
        start = _day(step.push.at)
        last = step.push.day or start + timedelta(days=REACH_ON)
        for shift in sorted(range(-REACH_BACK, REACH_ON + 1), key=abs):
            day = start + timedelta(days=shift)
            if not shift or day > last or any(near(one, day, step) for one in others):
                continue
            trial = moved(step.push, day)
            if trial.at <= self.now or clashing_tone(trial, day, self.days):
                continue
            placed = place(trial, booked, self.account, self.limits, self.now)
            if placed.channel in ledger.REACHING and placed.at == trial.at:
                words = f"《{step.push.title}》改到{day.month}月{day.day}日发"
                found.append(Proposal("move", step.push.key, trial.at, words))
                if len(found) == SHOWN_PROPOSALS - 1:
                    break
        return tuple(found)


def near(other: Step, day: date, step: Step) -> bool:
    """Whether another audible push for the same people leaves within a day of this day."""
    return (
        other.channel in ledger.REACHING
        and abs(_day(other.at) - day) < timedelta(days=2)
        and overlaps(other.push.audience.key, step.push.audience.key)
    )


def clashing_tone(push: Push, day: date, days: Sequence[Day]) -> Day | None:
    """The solemn day on which a festive push would leave, or the festive day that a solemn one spoils."""
    wrong = {"festive": "solemn", "solemn": "festive"}.get(push.tone)
    if wrong is None:
        return None
    about = push.day
    return next((one for one in days if one.date == day and one.tone == wrong and one.date != about), None)


def _pairs(steps: Sequence[Step], free: _Finder) -> list[Collision]:
    found = []
    audible = [step for step in steps if _wants(step)]
    for one, other in combinations(audible, 2):
        gap = abs((_day(one.push.at) - _day(other.push.at)).days)
        if not overlaps(one.push.audience.key, other.push.audience.key):
            continue
        if gap > 1:
            found += _coinciding(one, other)
            continue
        later = max(one, other, key=_yields)
        both = f"《{one.push.title}》和《{other.push.title}》"
        merge = Proposal("merge", later.push.key, None, f"{both}合写成一篇，只占一次群发")
        proposals = (*free.moves(later), merge, _publish(later))
        when = _day(one.push.at)
        words = f"{both}都在{when.month}月{when.day}日发。" if not gap else f"{both}只隔一天。"
        found.append(
            Collision("close" if gap else "same_day", when, (one.push.key, other.push.key), words, proposals)
        )
    return found


def _yields(step: Step) -> tuple[bool, bool, int, datetime]:
    """Of two that clash the greater gives way: what is not made yet, lost its channel, or ranks behind."""
    push = step.push
    return push.made is None, step.channel not in ledger.REACHING, push.rank, push.at


def _coinciding(one: Step, other: Step) -> list[Collision]:
    """Two festivals on one day or on two in a row, each with a push of its own."""
    first, second = one.push.day, other.push.day
    if first is None or second is None or abs((first - second).days) > 1:
        return []
    both = f"《{one.push.title}》和《{other.push.title}》"
    together = "是同一天" if first == second else "前后相连"
    merge = Proposal("merge", other.push.key, None, f"{both}合写成一篇，只占一次群发")
    keep = Proposal("keep", other.push.key, None, "分两次发，正文里互相提一句")
    words = f"{both}说的日子{together}（{first.month}月{first.day}日）。"
    return [Collision("coincide", first, (one.push.key, other.push.key), words, (merge, keep))]


def _short(steps: Sequence[Step], free: _Finder) -> list[Collision]:
    """Pushes that wanted to be heard and were only published."""
    found = []
    for step in steps:
        if step.push.made is not None or step.push.wish != "mass" or step.channel != "publish":
            continue
        often = "打扰居民" in step.why
        keep = Proposal("keep", step.push.key, None, "就按只发布，居民在公众号主页能看到")
        words = f"《{step.push.title}》想群发而排不上：{step.why}"
        proposals = (*free.moves(step), keep)
        kind: Kind = "too_often" if often else "quota"
        found.append(Collision(kind, _day(step.at), (step.push.key,), words, proposals))
    return found


def _tones(steps: Sequence[Step], days: Sequence[Day], free: _Finder) -> list[Collision]:
    found = []
    for step in steps:
        clash = clashing_tone(step.push, _day(step.at), days)
        if clash is None or step.channel not in ledger.REACHING:
            continue
        tone = "喜庆" if step.push.tone == "festive" else "庄重"
        words = f"《{step.push.title}》语气{tone}，发送那天是{clash.name}，气氛不合。"
        proposals = (*free.moves(step), Proposal("keep", step.push.key, None, "不改日子，把语气改平实"))
        found.append(Collision("tone", _day(step.at), (step.push.key,), words, proposals))
    return found


def _times(steps: Sequence[Step]) -> list[Collision]:
    found = []
    for step in steps:
        key, day = step.push.key, _day(step.at)
        if step.push.made is None and step.at != step.push.at:
            words = f"《{step.push.title}》原定 {_when(step.push.at)}，要改到 {_when(step.at)}。"
            move = Proposal("move", key, step.at, f"改到 {_when(step.at)}")
            found.append(Collision("quiet", day, (key,), words, (move,)))
        if step.push.day is not None and day > step.push.day and step.push.made is None:
            words = f"《{step.push.title}》要到{day.month}月{day.day}日才能发，那时节日已经过了。"
            found.append(Collision("late", day, (key,), words, (_publish(step),)))
    return found


def _almanac(steps: Sequence[Step], days: Sequence[Day]) -> list[Collision]:
    open_days = {one.date for one in days if one.provisional}
    keep = "先照这天准备，当年历书公布后核对"
    return [
        Collision(
            "almanac",
            step.push.day,
            (step.push.key,),
            f"《{step.push.title}》所说的日子要以当年历书为准，可能差一天。",
            (Proposal("keep", step.push.key, None, keep),),
        )
        for step in steps
        if step.push.day is not None and step.push.day in open_days
    ]


def _wants(step: Step) -> bool:
    """Whether a push rings phones, or was only published because it may not."""
    return step.channel in ledger.REACHING or (step.push.wish == "mass" and step.push.made is None)


def _publish(step: Step) -> Proposal:
    return Proposal("publish", step.push.key, None, f"《{step.push.title}》只发布，不群发")


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def _when(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
