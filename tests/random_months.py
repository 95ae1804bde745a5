"""Months made up at random, and a judge of plans that counts person by person."""

import random
from collections import Counter
from datetime import date, datetime, time, timedelta

from content.audience import Audience
from content.checks import Quiet
from content.festivals import SHANGHAI
from content.ledger import Use
from content.planning import Account, Limits, Push, Step


class Month:
    """One random month: an account, people in segments, pushes and sends made elsewhere."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        start = datetime(rng.randint(2026, 2035), rng.randint(1, 12), 1, tzinfo=SHANGHAI)
        self.now = start + timedelta(minutes=rng.randint(-20_000, 20_000))
        self.account = Account(
            rng.choice(["service", "subscription"]),
            rng.random() < 0.9,
            rng.random() < 0.5,
            customs_a_day=rng.choice([500_000, 12, 5]),
            notices_a_day=rng.choice([100_000, 6, 2]),
        )
        hours = rng.choice([(21, 8), (0, 6), (22, 7), (12, 14), (0, 0)])
        self.limits = Limits(Quiet(time(hours[0]), time(hours[1])), rng.randint(1, 7))
        self.people = [
            {f"township:镇{rng.randint(1, 3)}", f"community:村{rng.randint(1, 3)}"}
            | {f"interest:事{n}" for n in range(3) if rng.random() < 0.4}
            for _ in range(12)
        ]
        keys = ["", "", *sorted(set().union(*self.people)), "role:没有人"]
        self.audiences = [self._audience(key) for key in keys]
        self.uses = [
            Use(rng.choice(["mass", "publish"]), self._moment(start), rng.choice(keys))
            for _ in range(rng.choice([0, 0, 1, 2]))
        ]
        self.pushes = [self._push(n, start) for n in range(rng.randint(0, 14))]

    def _audience(self, key: str) -> Audience:
        size = sum(self.covers(key, one) for one in self.people)
        opens = self.rng.choice([None, self.now + timedelta(hours=self.rng.randint(0, 48))])
        return Audience(key, size, self.rng.randint(0, size), opens, self.rng.randint(0, 5))

    def _moment(self, start: datetime) -> datetime:
        return start + timedelta(minutes=self.rng.randint(-3 * 1440, 34 * 1440))

    def _push(self, number: int, start: datetime) -> Push:
        rng = self.rng
        at = self._moment(start)
        return Push(
            key=f"p{number}",
            title=f"第{number}篇",
            at=at,
            audience=rng.choice(self.audiences),
            tone=rng.choice(["festive", "solemn", "plain"]),
            purpose=rng.choice(["campaign", "campaign", "reminder"]),
            wish=rng.choice(["mass", "mass", "publish"]),
            rank=rng.randint(0, 3),
            day=rng.choice([None, at.date(), at.date() + timedelta(days=3)]),
            made="publish" if rng.random() < 0.1 else None,
        )

    @staticmethod
    def covers(key: str, person: set[str]) -> bool:
        return not key or key in person


def day_of(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def broken(month: Month, steps: tuple[Step, ...]) -> list[str]:
    """Every rule of the platform and the office that the plan breaks, counted person by person."""
    found = []
    account, limits = month.account, month.limits
    planned = [step for step in steps if step.push.made is None]
    if sorted(step.push.key for step in steps) != sorted(one.key for one in month.pushes):
        found.append("a push has no step, or two")
    found += [f"no reason: {step}" for step in steps if not step.why.strip().endswith("。")]
    for step in planned:
        name = f"{step.push.key} {step.channel} {step.at}"
        if limits.quiet.covers(step.at.astimezone(SHANGHAI)):
            found.append(f"in the quiet hours: {name}")
        if step.at < month.now:
            found.append(f"in the past: {name}")
        if not account.verified and step.channel != "console":
            found.append(f"unverified: {name}")
        if step.channel in ("notice", "custom") and step.push.purpose != "reminder":
            found.append(f"a campaign as a personal message: {name}")
        if step.channel == "notice" and not (account.kind == "service" and account.notices):
            found.append(f"a notice that the account cannot send: {name}")
        if step.channel == "notice" and not step.push.audience.takers:
            found.append(f"a notice that nobody agreed to: {name}")
        if step.channel == "mass" and step.push.wish == "publish":
            found.append(f"louder than wished: {name}")
        said = [one for one in planned if (one.channel, one.push.audience) == ("custom", step.push.audience)]
        if len(said) > step.push.audience.left:
            found.append(f"more than the window takes: {name}")
        opens = step.push.audience.open_until
        if step.channel == "custom" and (opens is None or step.at >= opens):
            found.append(f"outside the window: {name}")
    called: Counter[tuple[date, str]] = Counter()
    for step in planned:
        reached = {"custom": step.push.audience.size, "notice": step.push.audience.takers}
        called[day_of(step.at), step.channel] += reached.get(step.channel, 0)
    a_day_of = {"custom": account.customs_a_day, "notice": account.notices_a_day}
    found += [f"{n} calls on {day}" for (day, one), n in called.items() if n > a_day_of.get(one, n)]
    sends = [(use.at, use.audience) for use in month.uses if use.quota == "mass"]
    outside = len(sends)
    sends += [(step.at, step.push.audience.key) for step in planned if step.channel == "mass"]
    if account.kind == "subscription":
        a_day = Counter(day_of(at) for at, _ in sends)
        before = Counter(day_of(at) for at, _ in sends[:outside])
        found += [f"twice on {day}" for day, n in a_day.items() if n > max(1, before[day])]
        return found
    to_all = Counter(day_of(at) for at, key in sends if not key)
    before = Counter(day_of(at) for at, key in sends[:outside] if not key)
    found += [f"to all twice on {day}" for day, n in to_all.items() if n > max(1, before[day])]
    for person in month.people:
        mine = [at for at, key in sends if month.covers(key, person)]
        a_month = Counter((at.astimezone(SHANGHAI).year, at.astimezone(SHANGHAI).month) for at in mine)
        found += [f"{n} in {when}" for when, n in a_month.items() if n > 4]
        rings = sorted(
            [use.at for use in month.uses if use.quota == "mass" and month.covers(use.audience, person)]
            + [
                step.at
                for step in planned
                if step.channel in ("mass", "custom", "notice")
                and month.covers(step.push.audience.key, person)
            ]
        )
        given = [use.at for use in month.uses if use.quota == "mass" and month.covers(use.audience, person)]
        week = timedelta(days=7)
        most = max((sum(at <= one < at + week for one in rings) for at in rings), default=0)
        already = max((sum(at <= one < at + week for one in given) for at in given), default=0)
        if most > max(limits.most_a_week, already):
            found.append(f"{most} in a week")
    return found
