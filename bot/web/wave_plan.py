"""PURE: a wave that somebody wants to open, as the form has it, and what it comes to."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import cast, get_args

from bot.problems import Problem
from bot.web.visit import Form
from bot.web.wave_terms import ALLOWED, closing_of, moment_of
from surveys.importing.frame import read_frame
from surveys.importing.weights import read_margins
from surveys.suppression import LEAST, LEAST_PUBLISHED
from surveys.terms import (
    HEADER_WORDS,
    RECORDED,
    WEIGHTING,
    Exclusion,
    Header,
    Kind,
    Sample,
    Terms,
    too_open,
)

OFFERED_KINDS: tuple[Kind, ...] = ("routine", "mock")
LONGEST_NAME = 40
LONGEST_POPULATION = 200
LONGEST_KEYWORD = 20
LONGEST_TABLE = 120_000
LONGEST_HEADER = 60
MOST_TOPICS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """The fields of the form; dates and tables as they were typed."""

    paper: str = ""
    name: str = ""
    kind: str = "routine"
    sample: str = "open"
    population: str = ""
    first_day: str = ""
    first_hour: str = "08:00"
    day: str = ""
    hour: str = "20:00"
    channels: tuple[str, ...] = tuple(ALLOWED)
    headline: tuple[str, ...] = ()
    weighting: tuple[str, ...] = ()
    partial: str = ""
    minors: str = ""
    panel: str = ""
    topics: str = ""
    keyword: str = ""
    frame: str = ""
    margins: str = ""
    least: str = str(LEAST)
    least_published: str = str(LEAST_PUBLISHED)
    header: Header = field(default_factory=Header)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The fields again, for a form that only carries them on."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, Header):
                yield from ((name, getattr(value, name)) for name in HEADER_WORDS)
            elif isinstance(value, tuple):
                yield from ((one.name, part) for part in value)
            else:
                yield one.name, value


def plan_of(form: Form) -> Plan:
    """The form as it was sent; a table may come as a file instead of as text."""
    return Plan(
        paper=form.text("paper", 80),
        name=_line(form, "name", 200),
        kind=form.text("kind", 16),
        sample=form.text("sample", 16),
        population=_line(form, "population", 1000),
        first_day=form.text("first_day", 10),
        first_hour=form.text("first_hour", 5),
        day=form.text("day", 10),
        hour=form.text("hour", 5),
        channels=tuple(form.texts("channels", 16)),
        headline=tuple(form.texts("headline", 16)),
        weighting=tuple(form.texts("weighting", 8)),
        partial=form.text("partial", 8),
        minors=form.text("minors", 8),
        panel=form.text("panel", 8),
        topics=_line(form, "topics", 200),
        keyword=_line(form, "keyword", 200),
        frame=_table(form, "frame"),
        margins=_table(form, "margins"),
        least=_line(form, "least", 200),
        least_published=_line(form, "least_published", 200),
        header=Header(**{name: _line(form, name, LONGEST_HEADER) for name in HEADER_WORDS}),
    )


def terms_of_plan(plan: Plan) -> Terms:
    """The terms that would be sealed. Problem with what to change."""
    if plan.kind not in OFFERED_KINDS or plan.sample not in get_args(Sample):
        raise Problem("请选择调查的性质和参加的办法。")
    if not plan.name or not plan.name.strip("."):
        raise Problem("请给这次调查起一个名称，例如“2027年春季调查”。")
    if len(plan.name) > LONGEST_NAME or len(plan.population) > LONGEST_POPULATION:
        words = f"名称最多 {LONGEST_NAME} 个字，调查对象最多 {LONGEST_POPULATION} 个字，请改短一些。"
        raise Problem(words)
    if len(plan.keyword) > LONGEST_KEYWORD:
        raise Problem(f"口令最多 {LONGEST_KEYWORD} 个字，请改短一些。")
    if not plan.channels or not set(plan.channels) <= set(ALLOWED):
        raise Problem("请至少选一种作答的办法。")
    if not set(plan.headline) <= RECORDED:
        raise Problem("请从列出的渠道里选首要比率要合并的渠道。")
    topics = tuple(
        dict.fromkeys(plan.topics.replace("，", "、").replace(",", "、").replace(" ", "、").split("、"))
    )
    try:
        frame = read_frame("名单.csv", plan.frame.encode()) if plan.frame else ()
        margins = read_margins("人口数.csv", plan.margins.encode()) if plan.margins else {}
    except ValueError as error:
        raise Problem(f"贴进来的表有问题，还没有开始：{error}") from error
    left_out: tuple[Exclusion, ...] = ("outside", "partial") if plan.partial else ("outside",)
    terms = Terms(
        kind=plan.kind,
        sample=cast(Sample, plan.sample),
        population=plan.population,
        channels=tuple(one for one in ALLOWED if one in plan.channels),
        headline=tuple(sorted(set(plan.headline))),
        exclusions=left_out,
        minors=bool(plan.minors),
        panel=bool(plan.panel),
        topics=tuple(topic for topic in topics if topic)[:MOST_TOPICS],
        frame=frame,
        margins=margins,
        weighting=tuple(one for one in WEIGHTING if one in plan.weighting),
        header=plan.header,
        least=_number(plan.least, LEAST),
        least_published=_number(plan.least_published, LEAST_PUBLISHED),
    )
    if words := too_open(terms):
        raise Problem(words)
    return terms


def times_of(plan: Plan, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When the wave begins (None: at once) and ends (None: by hand). Problem with what to change."""
    opens = moment_of(plan.first_day, plan.first_hour, "开始") if plan.first_day else None
    if opens is not None and opens <= now:
        raise Problem("开始时间已经过去了。要马上开始，就不写开始的日子。")
    closes = closing_of(plan.day, plan.hour, now)
    if closes is not None and opens is not None and closes <= opens:
        raise Problem("结束时间要晚于开始时间。")
    return opens, closes


def _number(text: str, usual: int) -> int:
    """What was typed; 0, which is too few, for what is no number."""
    if not text:
        return usual
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _line(form: Form, name: str, longest: int) -> str:
    return " ".join(form.text(name, longest).split())


def _table(form: Form, name: str) -> str:
    """A table as text: a file goes before what was pasted."""
    upload = form.file(f"{name}_file")
    if upload is None:
        return form.text(name, LONGEST_TABLE).replace("\t", ",")
    if upload.name.lower().endswith(".xlsx"):
        return _from_workbook(upload.name, upload.content)
    try:
        text = upload.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = upload.content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Problem("这个表读不出来。请另存为 CSV UTF-8 或 .xlsx 再选一次。") from error
    return _short(text)


def _from_workbook(name: str, content: bytes) -> str:
    from surveys.importing.sheets import SheetError, read_sheet

    try:
        rows = [",".join(f'"{cell}"' for cell in cells) for _, cells in read_sheet(name, content)]
    except SheetError as error:
        raise Problem(str(error)) from error
    return _short("\n".join(rows))


def _short(text: str) -> str:
    if len(text) > LONGEST_TABLE:
        raise Problem("这个表太大了，不像一份社区名单。请核对是不是选错了文件。")
    return text.replace("\0", "").strip()
