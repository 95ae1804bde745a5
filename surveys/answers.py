"""What a resident wrote or a form sent -> the answer that is kept. What is unclear is asked again."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from surveys import sayings
from surveys.figures import number_range, read_date, read_number
from surveys.naming import fold, options_in, parted
from surveys.questionnaire import TEXT_LIMIT, Answer, Option, Question


@dataclass(frozen=True, slots=True)
class Unclear:
    """No answer could be read; `hint` tells the resident what to send."""

    hint: str


def read(question: Question, text: str) -> Answer | Unclear:
    """The answer in a chat message or a voice transcript."""
    if question.type in ("text", "community"):
        return _read_words(question, text)
    if len(text) > _LONGEST_CHOICE:
        return Unclear(_how(question))
    folded = fold(text)
    if question.type in ("number", "date"):
        value = read_number(question, text) if question.type == "number" else read_date(question, text)
        return (
            _refuse(question, _how(question))
            if value is None and folded in sayings.REFUSALS
            else _given(question, value)
        )
    if question.type == "ranking":
        folded = parted(folded)
    chosen = _chosen(question, folded)
    return list(chosen) if isinstance(chosen, list) else chosen


@lru_cache(maxsize=8192)
def _chosen(question: Question, folded: str) -> Answer | Unclear:
    """The answer in a folded text; remembered, as most people answer one of few things."""
    named = options_in(question, folded)
    if not named:
        return _refuse(question, _how(question)) if folded in sayings.REFUSALS else Unclear(_how(question))
    return _choose(question, named, _how(question))


def read_form(question: Question, values: Sequence[str]) -> Answer | Unclear:
    """The answer in a form's fields: option codes, or what is typed; nothing means refused.

    A ranking takes codes in their order, or "2:b" for what is put second.
    """
    if question.type in ("text", "community"):
        return _read_words(question, values[0] if values else "")
    sent = [value for value in values if value]
    if not sent:
        return _refuse(question, _IN_FORM if question.options else _how(question))
    if question.type == "number":
        return _given(question, read_number(question, sent[0]))
    if question.type == "date":
        return _given(question, read_date(question, sent[0]))
    if question.type == "ranking":
        ranked = _placed(sent)
        if isinstance(ranked, Unclear):
            return ranked
        sent = ranked
    known = [option for option in map(question.option, sent) if option is not None]
    return _choose(question, known, _IN_FORM) if len(known) == len(sent) else Unclear(_IN_FORM)


def split_other(question: Question, text: str) -> tuple[str, str] | None:
    """The choice and the words of "其他：路灯太暗", "4 路灯太暗"; None where the text has no such shape."""
    head, colon, words = text.replace("：", ":").partition(":")
    if colon and words.strip() and any(option.other for option in question.options):
        return head, words.strip()
    plain = text.strip()
    for key, option in question.choices():
        named = re.match(f"({key}|{re.escape(option.label)})[ 　,，、.．。;；]+", plain)
        if option.other and named and re.match("[\u4e00-\u9fff]{2}|[A-Za-z]{3}", plain[named.end() :]):
            return named[1], plain[named.end() :]
    return None


def clean(text: str) -> str:
    """Without what cannot be shown or stored: control characters, surrogates, direction marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (
        c for c in text if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _DIRECTION)
    )
    return "".join(kept).strip()


_DIRECTION = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_LONGEST_CHOICE = 200
_IN_FORM = "请在列出的选项里选择。"
_LONGEST_REFUSAL = 40
"""With blanks and punctuation; longer texts are not folded, as what is folded stays in memory."""


def _choose(question: Question, named: Sequence[Option], how: str) -> Answer | Unclear:
    """The kept form of these options, if the question allows them together."""
    codes = {option.code for option in named}
    if question.type == "ranking":
        return _ranked(question, [option.code for option in named])
    if question.type != "multiple":
        return named[0].code if len(codes) == 1 else Unclear("这道题只选一项，" + how)
    chosen = [option for option in question.options if option.code in codes]
    alone = next((option for option in chosen if option.exclusive), None)
    if alone is not None and len(chosen) > 1:
        return Unclear(f"“{alone.label}”不能和别的选项一起选，请再选一次。")
    if alone is None and question.min is not None and len(chosen) < question.min:
        return Unclear(f"这道题最少选 {question.min} 项，请再选一次。")
    if question.max is not None and len(chosen) > question.max:
        return Unclear(f"这道题最多选 {question.max} 项，请再选一次。")
    return [option.code for option in chosen]


def _ranked(question: Question, codes: list[str]) -> Answer | Unclear:
    """The codes from the first place on; as many as asked for, each once."""
    most = question.max or len(question.options)
    fewest = question.min or most
    if len(set(codes)) < len(codes):
        return Unclear("同一项只能排一个名次，" + _how(question))
    if not fewest <= len(codes) <= most:
        wanted = f"{most} 项" if fewest == most else f"{fewest} 到 {most} 项"
        return Unclear(f"这道题要排出 {wanted}，" + _how(question))
    return codes


def _placed(sent: Sequence[str]) -> list[str] | Unclear:
    """The codes of a ranking form; "2:b" says the place, a bare code stands where it is sent."""
    if not all(":" in value for value in sent):
        return list(sent)
    places: dict[str, str] = {}
    for place, _, code in (value.partition(":") for value in sent):
        if place in places:
            return Unclear(f"有两项都排在第 {place} 位，请给每一项不同的名次。")
        places[place] = code
    if sorted(places) != sorted(str(number) for number in range(1, len(places) + 1)):
        return Unclear("名次请从 1 开始，中间不要空。")
    return [places[str(number)] for number in range(1, len(places) + 1)]


def _given(question: Question, value: str | None) -> Answer | Unclear:
    return Unclear(_how(question)) if value is None else value


def _read_words(question: Question, text: str) -> Answer | Unclear:
    words, most = clean(text), question.max or TEXT_LIMIT
    if len(words) > most:
        return Unclear(f"请写在 {most} 字以内，现在有 {len(words)} 字。")
    if not words or (len(words) <= _LONGEST_REFUSAL and fold(words) in sayings.REFUSALS):
        return _refuse(question, "写几个字就可以。")
    return words


def _refuse(question: Question, how: str) -> Unclear | None:
    return Unclear("这道题需要回答，" + how) if question.required else None


def _how(question: Question) -> str:
    """What to send, in one sentence."""
    if question.type == "scale":
        extra = "".join(f"，或回复“{option.label}”" for key, option in question.choices() if not key)
        return f"请回复 {question.min} 到 {question.max} 的数字{extra}。"
    if question.type == "multiple":
        return "请回复选项前的数字，可以选几项，例如：1 3。"
    if question.type == "ranking":
        return "请按先后写出选项前的数字，例如：2 1 3。"
    if question.type == "number":
        return f"请写一个整数{number_range(question)}。"
    if question.type == "date":
        return "请写出年、月、日，例如：2026年5月1日。"
    return f"请回复选项前的数字（1 到 {len(question.options)}），例如：1。"
