"""A held activity as a form: what stands in the fields, and what a person typed."""

from dataclasses import dataclass
from datetime import date, datetime
from unicodedata import normalize

from bot.problems import Problem
from bot.web.visit import Form
from content.activities import KINDS, Activity, Unfit, checked


@dataclass(frozen=True, slots=True)
class Fields:
    """The form as text, so that what cannot be read stands in it again."""

    name: str
    day: str
    township: str
    community: str
    place: str
    kind: str
    theme: str
    headcount: str


def blank(day: date, township: str, theme: str = "") -> Fields:
    """A new activity, held today."""
    return Fields("", day.isoformat(), township, "", "", "volunteer", theme, "")


def fields_of(activity: Activity) -> Fields:
    """An activity as the form shows it."""
    return Fields(
        activity.name,
        activity.day.isoformat(),
        activity.township,
        activity.community,
        activity.place,
        activity.kind,
        activity.theme,
        str(activity.headcount),
    )


def typed(form: Form) -> Fields:
    """What the person sent."""
    return Fields(
        form.text("name", 200),
        form.text("day", 16),
        form.text("township", 200),
        form.text("community", 200),
        form.text("place", 200),
        form.text("kind", 16),
        form.text("theme", 200),
        form.text("headcount", 16),
    )


def activity_of(fields: Fields, now: datetime) -> Activity:
    """The activity that the fields describe; Problem, in words, when one cannot be read."""
    try:
        day = date.fromisoformat(fields.day)
    except ValueError as error:
        raise Problem("请写活动的日期，例如 2027-02-06。") from error
    kind = next((known for known in KINDS if known == fields.kind), None)
    if kind is None:
        raise Problem("请选活动的类别。")
    # A Chinese keyboard writes digits and commas in full width.
    digits = normalize("NFKC", fields.headcount).replace(",", "").removesuffix("人").strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 9):
        raise Problem("“参加人数”写整数，例如 35。")
    activity = Activity(
        fields.name, day, fields.township, fields.community, fields.place, kind, fields.theme, int(digits)
    )
    try:
        return checked(activity, now)
    except Unfit as unfit:
        raise Problem(str(unfit)) from unfit
