"""The forms under 教会系统: what somebody wrote as a change, and a change as words."""

import hashlib
import re
from collections.abc import Mapping

from bot.problems import Problem
from bot.web.visit import Form
from content.rules.aliases import Alias
from content.rules.changes import Change
from content.rules.citing import cited_labels
from content.rules.entries import Entry, Source
from content.rules.lessons import Lesson
from content.rules.search import Index
from content.rules.words import fold

KINDS = {"question": "教一个问法", "alias": "给条文加说法", "entry": "新问答"}
OUTCOMES: Mapping[str, str] = {
    "answered": "直接回答",
    "choices": "给出选项",
    "unknown": "答不上来",
    "handed_over": "请找人办理",
    "emergency": "紧急提示",
    "small_talk": "寒暄",
    "declined": "婉拒",
}
FIELDS = (
    "kind",
    "title",
    "label",
    "place",
    "words",
    "question",
    "questions",
    "answer",
    "topic",
    "laws",
    "key",
)
_LAW = re.compile(r"《(?P<law>[^《》]{2,100})》\s*(?P<article>第\S+?条(?:之[一二三四五六七八九十]+)?)$")


def read(form: Form, index: Index) -> Change:
    """The change that a form asks for; Problem when it cannot be read or its article is not in force."""
    kind = form.text("kind", 16)
    if kind == "entry":
        questions = _lines(form.text("questions"))
        key = form.text("key", 64) or own_key(questions)
        sources = tuple(_law(line) for line in _lines(form.text("laws")))
        return Entry(key, form.text("topic", 40), questions, form.text("answer"), sources)
    if kind not in KINDS:
        raise Problem("没有选择要教什么，什么也没有改动。请退回上一页再试一次。")
    title, written = form.text("title", 200), form.text("label", 40)
    label = next((label for _, label in cited_labels(fold(written))), written)
    if index.article(title, label) is None:
        raise Problem(f"《{title}》里没有找到{label or '这一条'}。请写成“第十三条”或“第13条”。")
    if kind == "question":
        return Lesson(form.text("question"), title, label)
    words = tuple(dict.fromkeys(re.split(r"[\s、，,；;]+", form.text("words").strip())))
    return Alias(title, label, form.text("place", 12), tuple(word for word in words if word))


def own_key(questions: tuple[str, ...]) -> str:
    """The key of an entry that the office wrote itself, from its first question."""
    return "own-" + hashlib.sha256("\n".join(questions[:1]).encode()).hexdigest()[:16]


def fields_of(change: Change) -> dict[str, str]:
    """The fields of a form that asks for this change."""
    match change:
        case Lesson():
            return {
                "kind": "question",
                "title": change.title,
                "label": change.label,
                "question": change.question,
            }
        case Alias():
            where = {"title": change.title, "label": change.label, "place": change.place}
            return {"kind": "alias", **where, "words": "、".join(change.words)}
        case Entry():
            return {
                "kind": "entry",
                "key": change.key,
                "topic": change.topic,
                "questions": "\n".join(change.questions),
                "answer": change.answer,
                "laws": "\n".join(f"《{one.law}》{one.article}" for one in change.sources),
            }


def place_words(place: str) -> str:
    """ "2.3" as 第2款第3项; "" is the whole article."""
    paragraph, _, item = place.partition(".")
    if not paragraph:
        return "整条"
    return f"第{paragraph}款第{item}项" if item else f"第{paragraph}款"


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))


def _law(line: str) -> Source:
    found = _LAW.fullmatch(line)
    if found is None:
        raise Problem(f"依据“{line[:30]}”看不懂。请一行写一条，例如：《中华人民共和国反食品浪费法》第七条")
    return Source(found["law"], found["article"], ())
