"""A questionnaire from the office's own file: source and draft side by side, corrected before publishing.

Nothing is kept on the way: the draft travels in the form, and ends as text in the preview of 问卷.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePath
from typing import get_args

from aiohttp import web

from bot.problems import Problem
from bot.web.guard import Routes, Visit
from bot.web.routes import MEGABYTE
from bot.web.survey_desk import DESK, LONGEST, WRITERS, preview_page
from bot.web.survey_paper import library
from bot.web.visit import Form
from surveys import native
from surveys.importing import reading
from surveys.importing.confirming import Correction, corrected, home_asked, measured
from surveys.importing.draft import Doubt, Draft, Drafted
from surveys.importing.proposals import RATES
from surveys.native import QuestionnaireError
from surveys.persons import recognised
from surveys.questionnaire import TOLD_APART, TYPE_NAMES, Metric, Polarity, Question, QuestionType

routes = Routes(rail="问卷")
IMPORT = f"{DESK}/import"
LONGEST_TITLE = 500
LONGEST_WORDS = 2_000
CONSENT = """您好，这是{office}的调查。是否参加由您决定，随时可以停下；答案没有对错，请按您自己的感受回答。
不记姓名，结果只做合计。中途停下的，已答的题也会计入合计。"""
"""What residents are told first, where the office's own paper says nothing."""
_NATIVE = re.compile(r"(?:id|title)\s*=")
"""How a questionnaire in our own format begins; no office begins its text like that."""
POLARITIES = {"": "不计", "positive": "正面", "neutral": "中间", "negative": "反面", "dont_know": "说不清"}
PERSONAL = {"": None, "yes": True, "no": False}
"""What the form says of whether a question tells who somebody is; "" leaves it to the program."""
WITH_OPTIONS: tuple[QuestionType, ...] = ("single", "multiple", "ranking")
HOME = (
    "这道题问住在哪里，建议用“选社区”：居民从社区名单里点选乡镇和社区，答卷才能按乡镇汇总。"
    "原来的选项不再用，开放调查时要附上社区名单；不想改，请把题型选回原来的。"
)
"""Why the picker is proposed, and what it takes."""
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%?")
WITHOUT: tuple[QuestionType, ...] = ("text", "number", "date", "community", "section")


@dataclass(frozen=True, slots=True)
class Card:
    """One question of the draft: where it stands in the source, what is doubtful, what it may become."""

    item: Drafted
    types: tuple[tuple[str, str], ...]
    chosen: QuestionType
    """What it is read as, or had better be."""
    aims: bool
    """Whether a target can be set here; an indicator that the source declares keeps its own."""
    doubts: tuple[Doubt, ...]


@routes.post(IMPORT, roles=WRITERS, limit=11 * MEGABYTE)
async def show(visit: Visit) -> web.StreamResponse:
    """Read what was sent; our own format needs no confirmation and is shown at once."""
    form = await visit.form()
    upload, pasted = form.file("file"), form.text("source", LONGEST)
    if upload is None and _NATIVE.match(pasted):
        return await preview_page(visit, pasted)
    name, content = (upload.name, upload.content) if upload else ("粘贴的文字.txt", pasted.encode())
    try:
        if not content.strip():
            raise ValueError("还没有内容。请选一个文件，或者把问卷的文字贴进来。")
        if PurePath(name).suffix.lower() == ".toml":
            return await preview_page(visit, reading.decode(content, name))
        draft = reading.read(content, name)
        if not draft.items:
            raise ValueError("没有读出题目。请让每道题单独起行，写上题号，选项写在题目下面，再试一次。")
    except ValueError as error:
        return visit.page("survey_new.html", status=400, ready=library(), source=pasted, error=str(error))
    home = home_asked(draft)
    if home is not None:
        draft = replace(draft, doubts=(*draft.doubts, Doubt(home.line, HOME)))
    return visit.page(
        "survey_import.html",
        name=name,
        draft=draft,
        consent=draft.consent or CONSENT.format(office=visit.service.config.office.name),
        cards=_cards(draft, home),
        general=_general(draft),
        doubtful={doubt.line for doubt in draft.doubts},
        source=native.to_toml(draft.questionnaire(_identity(name, draft.title))),
        metrics=RATES,
        polarities=POLARITIES,
        told_apart=TOLD_APART,
        recognised=recognised,
    )


@routes.post(f"{DESK}/draft", roles=WRITERS, limit=MEGABYTE)
async def confirm(visit: Visit) -> web.StreamResponse:
    """The draft as the person left it, shown as residents would see it."""
    form = await visit.form()
    source = form.text("draft", LONGEST)
    try:
        draft = native.parse(source)
    except QuestionnaireError as error:
        raise Problem("这份草稿读不出来，没有保存。请退回上一页，再导入一次。") from error
    corrections = {question.id: _correction(form, question) for question in draft.questions}
    try:
        title = form.text("title", LONGEST_TITLE) or draft.title
        said = form.text("consent", LONGEST_WORDS), form.text("closing", LONGEST_WORDS)
        targets = {name: one.target for name, one in corrections.items() if one and one.target is not None}
        made = measured(corrected(draft, title, *said, corrections), targets)
    except QuestionnaireError as error:
        words = "改动以后有几处对不上：" + "；".join(error.problems) + "。请退回上一页改好，再点一次。"
        raise Problem(words) from error
    return await preview_page(visit, native.to_toml(made))


def _cards(draft: Draft, home: Drafted | None) -> list[Card]:
    items, doubts = draft.items, draft.doubts
    declared = {name.partition(".")[0] for indicator in draft.indicators for name in indicator.asks}
    ends = [item.line for item in items[1:]] + [max((doubt.line for doubt in doubts), default=0) + 1]
    return [
        Card(
            item,
            _types(item.question),
            "community" if item is home else item.question.type,
            bool(item.question.options) and item.question.id not in declared,
            tuple(doubt for doubt in doubts if item.line <= doubt.line < max(end, item.line + 1)),
        )
        for item, end in zip(items, ends, strict=True)
    ]


def _general(draft: Draft) -> list[Doubt]:
    """Doubts before the first question."""
    first = draft.items[0].line if draft.items else 0
    return [doubt for doubt in draft.doubts if not first or doubt.line < first]


def _types(question: Question) -> tuple[tuple[str, str], ...]:
    """What the question may become without losing what was read.

    Only the community picker gives up the options: its own come from the wave's list.
    """
    if question.type in WITH_OPTIONS:
        offered: tuple[QuestionType, ...] = WITH_OPTIONS
        if question.type == "single":
            offered += ("community",)
    elif question.type in WITHOUT:
        offered = WITHOUT
    else:
        offered = (question.type,)
    return tuple((kind, TYPE_NAMES[kind]) for kind in offered)


def _correction(form: Form, question: Question) -> Correction | None:
    """What the form says of a question; None: leave it out."""
    at = f"q.{question.id}"
    if form.text(f"{at}.out", 2):
        return None
    kind, metric = form.text(f"{at}.type", 20), form.text(f"{at}.metric", 20)
    if kind not in dict(_types(question)) or (metric and metric not in get_args(Metric)):
        raise Problem("没有收到完整的表单，什么也没有改动。请退回上一页再提交一次。")
    labels = form.texts(f"{at}.label", LONGEST_TITLE)
    sides = form.texts(f"{at}.polarity", 20)
    if form.text(f"{at}.personal", 3) not in PERSONAL:
        raise Problem("没有收到完整的表单，什么也没有改动。请退回上一页再提交一次。")
    complete = len(labels) == len(sides) == len(question.options)
    if not complete or not set(sides) <= {"", *get_args(Polarity)}:
        raise Problem("没有收到完整的表单，什么也没有改动。请退回上一页再提交一次。")
    return Correction(
        form.text(f"{at}.title", LONGEST_TITLE),
        kind,
        metric,
        bool(form.text(f"{at}.required", 2)),
        tuple(labels),
        tuple(sides),
        _target(form.text(f"{at}.target", 12)),
        PERSONAL[form.text(f"{at}.personal", 3)],
    )


def _target(written: str) -> float | None:
    """A target in percent as a clerk writes it, as 0 to 1; None where nothing is written."""
    words = unicodedata.normalize("NFKC", written).strip()
    if not words:
        return None
    found = _PERCENT.fullmatch(words)
    if found is None or not 0 < Decimal(found[1]) <= 100:
        raise Problem(
            f"达标线“{written}”没有看懂，什么也没有改动。请写百分数，例如 90；没有就空着。请退回上一页改好。"
        )
    return float(Decimal(found[1]) / 100)


def _identity(name: str, title: str) -> str:
    """An id for the questionnaire: from the file's name, or its title where the name is not in Latin letters.

    Two questionnaires whose names are lost in an id must not become versions of each other.
    """
    stem = PurePath(name).stem
    words = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "-" for c in stem).strip("-_.")
    if stem.isascii() and words:
        return words[:64]
    return f"survey-{hashlib.sha256((title or stem).encode()).hexdigest()[:8]}"
