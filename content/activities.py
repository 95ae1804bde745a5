"""PURE. Activities that were held: what is written down of one, and how they are counted as 场次 and 人次.

Pushes are counted as 条, elsewhere: whoever read a push came to nothing, so there is no sum of the two.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from content.checks import personal_data
from content.festivals import SHANGHAI

Kind = Literal["volunteer", "talk", "show", "festival", "clean", "honour", "training", "other"]
State = Literal["kept", "withdrawn"]
Act = Literal["enter", "correct", "photo", "no_photo", "withdraw"]
By = Literal["township", "theme", "kind", "month"]

KINDS: Mapping[Kind, str] = {
    "volunteer": "志愿服务",
    "talk": "宣讲",
    "show": "文艺演出",
    "festival": "节日活动",
    "clean": "环境整治",
    "honour": "评选表彰",
    "training": "培训",
    "other": "其他",
}
ACTS: Mapping[Act, str] = {
    "enter": "登记",
    "correct": "更正",
    "photo": "放上照片",
    "no_photo": "删掉照片",
    "withdraw": "撤回",
}
LONGEST: Mapping[str, int] = {"name": 40, "township": 40, "community": 40, "place": 60, "theme": 30}
FIELDS: Mapping[str, str] = {
    "name": "活动名称",
    "day": "日期",
    "township": "乡镇街道",
    "community": "社区（村）",
    "place": "地点",
    "kind": "类别",
    "theme": "主题",
    "headcount": "参加人数",
}
"""The columns in the office's words."""
MOST_PEOPLE = 1_000_000
EARLIEST = date(2000, 1, 1)


class Unfit(Exception):
    """What was written is no activity; the words say what to change."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What is written down of one activity. `headcount`: persons who came, the volunteers included.

    `theme` is in free words, `place` where in the community, "" for none.
    """

    name: str
    day: date
    township: str
    community: str
    place: str
    kind: Kind
    theme: str
    headcount: int

    @property
    def where(self) -> str:
        """The place in one line."""
        return " ".join(part for part in (self.township, self.community, self.place) if part)

    @property
    def stored(self) -> dict[str, object]:
        """As JSON keeps it."""
        return {**asdict(self), "day": self.day.isoformat()}


@dataclass(frozen=True, slots=True)
class Cell:
    """Activities alike in township, theme, kind and month: how many, and how many came to them together."""

    township: str
    theme: str
    kind: Kind
    month: int
    sessions: int
    people: int


@dataclass(frozen=True, slots=True)
class Count:
    """场次 and 人次: whoever came twice counts twice."""

    sessions: int = 0
    people: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.sessions + other.sessions, self.people + other.people)


def checked(activity: Activity, now: datetime) -> Activity:
    """The activity, its texts in one line each; Unfit, in words, where something cannot be so."""
    texts = {name: _line(getattr(activity, name)) for name in LONGEST}
    for name, most in LONGEST.items():
        if len(texts[name]) > most:
            raise Unfit(f"“{FIELDS[name]}”最多 {most} 个字。")
    for name in ("name", "township", "theme"):
        if not texts[name]:
            raise Unfit(f"请写“{FIELDS[name]}”。")
    for text in texts.values():
        for words in personal_data(text):
            raise Unfit(words)
    if activity.day < EARLIEST:
        raise Unfit("日期不对，请核对年份。")
    if activity.day > now.astimezone(SHANGHAI).date():
        raise Unfit("日期还没有到。办过以后再来登记，人数才是真的。")
    if activity.kind not in KINDS:
        raise Unfit("请选活动的类别。")
    if not 1 <= activity.headcount <= MOST_PEOPLE:
        raise Unfit(f"“参加人数”写 1 到 {MOST_PEOPLE:,} 的整数。")
    return Activity(day=activity.day, kind=activity.kind, headcount=activity.headcount, **texts)


def read(stored: Mapping[str, object]) -> Activity:
    """An activity as `stored` kept it."""
    values = dict(stored)
    return Activity(**{**values, "day": date.fromisoformat(str(values["day"]))})  # type: ignore[arg-type]


def changes(before: Activity, after: Activity) -> list[str]:
    """What a correction changed, a line a field: 参加人数：30 → 35."""
    return [
        f"{words}：{_shown(name, before)} → {_shown(name, after)}"
        for name, words in FIELDS.items()
        if getattr(before, name) != getattr(after, name)
    ]


def total(cells: Iterable[Cell]) -> Count:
    """All of them together."""
    return sum((Count(cell.sessions, cell.people) for cell in cells), Count())


def tally(cells: Iterable[Cell], by: By) -> list[tuple[str, Count]]:
    """场次 and 人次 by one thing: months in their order, the others with the most sessions first."""
    found: dict[str, Count] = {}
    label = _LABELS[by]
    for cell in cells:
        found[label(cell)] = found.get(label(cell), Count()) + Count(cell.sessions, cell.people)
    if by == "month":
        return sorted(found.items(), key=lambda one: int(one[0].removesuffix("月")))
    return sorted(found.items(), key=lambda one: (-one[1].sessions, -one[1].people, one[0]))


_LABELS: Mapping[By, Callable[[Cell], str]] = {
    "township": lambda cell: cell.township,
    "theme": lambda cell: cell.theme,
    "kind": lambda cell: KINDS[cell.kind],
    "month": lambda cell: f"{cell.month}月",
}


def _line(text: str) -> str:
    """In one line, without what nobody sees and what turns the writing around."""
    words = " ".join(unicodedata.normalize("NFKC", text).split())
    return "".join(sign for sign in words if unicodedata.category(sign) not in ("Cc", "Cf"))


def _shown(name: str, activity: Activity) -> str:
    if name == "kind":
        return KINDS[activity.kind]
    return str(getattr(activity, name)) or "（空）"
