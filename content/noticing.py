"""PURE: a subscription notice: the fields of its template, what the platform takes in each, and how a push
fills them.

A template reads like 活动名称:{{thing1.DATA}}; the letters before the number say what may stand there. The
limits are the platform's; a notice with one wrong field is refused whole.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from content.festivals import SHANGHAI

Source = Literal["title", "digest", "unit", "moment", "day", "hotline", "fixed"]
"""What of a push fills a field; `fixed` are words of the office, the same each time."""

SOURCES: tuple[Source, ...] = get_args(Source)
SOURCE_WORDS: Mapping[Source, str] = {
    "title": "稿件的标题",
    "digest": "稿件的摘要",
    "unit": "单位名称",
    "moment": "发送的日期和时间",
    "day": "发送的日期",
    "hotline": "咨询电话",
    "fixed": "固定的文字",
}
LONGEST: Mapping[str, int] = {
    "thing": 20,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "character_string": 32,
    "phone_number": 17,
    "car_number": 8,
    "name": 10,
    "phrase": 5,
}
THING = LONGEST["thing"]
_FIELD = re.compile(r"([^\s{}:：]*)\s*[:：]?\s*\{\{([a-z_]+)(\d+)\.DATA\}\}")
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "number": re.compile(r"-?\d+(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]+"),
    "symbol": re.compile(r"[^\w\s]+"),
    "character_string": re.compile(r"[!-~]+"),
    "phone_number": re.compile(r"[0-9+() -]+"),
    "time": re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日 )?\d{2}:\d{2}"),
    "date": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日( \d{2}:\d{2})?"),
    "amount": re.compile(r"[¥￥]?\d+(\.\d{1,2})?元?"),
    "name": re.compile(r"[\u4e00-\u9fff·]+"),
    "phrase": re.compile(r"[\u4e00-\u9fff]+"),
}
_SHAPE_WORDS: Mapping[str, str] = {
    "number": "只能是数字",
    "letter": "只能是英文字母",
    "symbol": "只能是符号",
    "character_string": "只能是数字、英文字母和符号",
    "phone_number": "只能是电话号码",
    "time": "只能是时间",
    "date": "只能是日期",
    "amount": "只能是金额",
    "name": "只能是汉字",
    "phrase": "只能是汉字",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One place of a template: its `key` (thing1), what it is called (活动名称) and its kind (thing)."""

    key: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Filling:
    """Where a field's words come from; `words` are used where the source is "fixed"."""

    source: Source
    words: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a push has to say, as far as a notice can carry it; `at` is when it goes out."""

    title: str
    digest: str
    at: datetime
    unit: str
    hotline: str


class Unfit(Exception):
    """A field that the platform would refuse; the words, for staff, name it."""


def fields_of(content: str) -> tuple[Field, ...]:
    """The fields of a template's text, in their order."""
    return tuple(Field(f"{kind}{number}", label, kind) for label, kind, number in _FIELD.findall(content))


def usual(fields: Sequence[Field]) -> dict[str, Filling]:
    """A first proposal of what fills each field."""
    found: dict[str, Filling] = {}
    texts: list[Source] = ["title", "unit"]
    for field in fields:
        match field.kind:
            case "thing":
                found[field.key] = Filling(texts.pop(0)) if texts else Filling("fixed", "详情请点开查看")
            case "time":
                found[field.key] = Filling("moment")
            case "date":
                found[field.key] = Filling("day")
            case "phone_number":
                found[field.key] = Filling("hotline")
            case "phrase":
                found[field.key] = Filling("fixed", "请您留意")
            case "name":
                found[field.key] = Filling("unit")
            case _:
                found[field.key] = Filling("fixed")
    return found


def fill(fields: Sequence[Field], fillings: Mapping[str, Filling], said: Said) -> dict[str, str]:
    """The words of every field; Unfit where the platform would not take them."""
    found = {}
    for field in fields:
        words = _words(fillings.get(field.key, Filling("fixed")), said)
        if objection := refused(field.kind, words):
            raise Unfit(f"“{field.label or field.key}”{objection}：{words or '（空）'}")
        found[field.key] = words
    return found


def refused(kind: str, words: str) -> str:
    """Why the platform would not take these words in a field of this kind; "" when it does."""
    if not words:
        return "不能空着"
    longest = LONGEST.get(kind, 32)
    if len(words) > longest:
        return f"最多 {longest} 个字"
    shape = _SHAPES.get(kind)
    return "" if shape is None or shape.fullmatch(words) else _SHAPE_WORDS[kind]


def _words(filling: Filling, said: Said) -> str:
    at = said.at.astimezone(SHANGHAI)
    day = f"{at.year}年{at.month}月{at.day}日"
    words: Mapping[Source, str] = {
        "title": said.title,
        "digest": said.digest,
        "unit": said.unit,
        "moment": f"{day} {at:%H:%M}",
        "day": day,
        "hotline": said.hotline,
        "fixed": filling.words,
    }
    return words[filling.source].strip()
