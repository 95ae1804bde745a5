"""What an interviewer's form says of one visit: what became of whom, when, and what was answered."""

import re
from dataclasses import dataclass
from datetime import datetime

from bot.problems import Problem
from bot.waves.open_wave import OpenWave
from bot.web.field_form import Fields, asks
from bot.web.question_view import name_of
from bot.web.visit import Form
from surveys.fieldbook import Met, Task
from surveys.fieldwork import BY_NAME, Household
from surveys.parts import other

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
AHEAD_SECONDS = 120
"""A telephone's clock may be this much off."""
LONGEST_SECONDS = 4 * 3600
"""No visit is longer, whatever a clock says."""
ANSWERED = frozenset({"complete", "partial"})
HOUSEHOLD = re.compile(r"([0-9]{1,4})(?:-([1-3]))?")


@dataclass(frozen=True, slots=True)
class Reported:
    """One sent form: what became of whom, when, and what was answered."""

    met: Met
    began_at: int
    ended_at: int
    fields: Fields
    queued: bool


def read_report(form: Form, task: Task, open_wave: OpenWave, now: datetime) -> Reported:
    """The sent form, its bounds checked; Problem where it cannot be what the page made."""
    key, outcome = form.text("key", 80), form.text("outcome", 20)
    household = household_named(form.text("household", 10))
    if not KEY.fullmatch(key) or household is None:
        raise Problem("这一页不完整，没有存入。请刷新后再填。")
    disposition = BY_NAME.get(outcome)
    if (
        disposition is None
        or not disposition.offered
        or (task.mode == "street" and not disposition.on_street)
    ):
        raise Problem("请先选这一次访问的结果。")
    if outcome in ANSWERED and form.text("agreed", 8) != "yes":
        raise Problem("请先念说明，对方同意以后再访问。")
    met = Met(key, household, outcome, _whole(form.text("seen", 4)))
    began, ended = _moments(form, open_wave.wave.opens_at, int(now.timestamp()))
    put = asks(open_wave, task)
    fields = {one.question.id: form.texts(name_of(put, one.question)) for one in put}
    for one in put:
        if one.piece == 1 and (words := other(one.whole)) is not None:
            fields[words.id] = form.texts(name_of(put, words))
    return Reported(met, began, ended, fields, form.text("queued", 8) == "yes")


def household_named(code: str) -> Household | None:
    """The household that a code such as 12 or 12-1 names."""
    place = HOUSEHOLD.fullmatch(code)
    return None if place is None else Household(int(place[1]), int(place[2] or 0))


def _moments(form: Form, opens_at: int, now: int) -> tuple[int, int]:
    """Begin and end of the visit by our clock: what the telephone's clock says, less what it is off.

    It is as far off as it was when it sent the form. Where the times still cannot be, the visit ends now and
    keeps its length, as far as the wave has been open; without an end it ends now.
    """
    began, ended, clock = (_whole(form.text(name, 12)) for name in ("began", "ended", "clock"))
    off = clock - now if clock is not None and abs(clock - now) > AHEAD_SECONDS else 0
    began = now if began is None else began - off
    ended = now if ended is None else ended - off
    if not opens_at <= began <= ended <= now:
        length = min(max(ended - began, 0), LONGEST_SECONDS)
        return max(min(opens_at, now), now - length), now
    return began, ended


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None
