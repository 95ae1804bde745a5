"""PURE: an expression about questions as people write it -> the condition that it means.

Nothing is run that a questionnaire brings along: an expression is read once, from left to right, and what is
wrong with it is told with its place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from surveys.conditions import (
    WHOLE,
    Answered,
    Compared,
    Condition,
    Expression,
    Joined,
    Kind,
    Node,
    Not,
    When,
)

_WIDE = str.maketrans("（）【】，＝＞＜！“”‘’　", "()[],=><!\"\"'' ")
_LONGEST = 500
_DEEPEST = 20
_ORDERED = frozenset(["<", "<=", ">", ">="])
_TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<quoted>"[^"]*"|'[^']*')|(?P<sign><=|>=|!=|==|=|<|>)|(?P<mark>[()\[\],])"""
    r"""|(?P<word>-?\w[\w.-]*)"""
)
_KEYWORDS = frozenset(["and", "or", "not", "in", "has", "answered"])


@dataclass(frozen=True, slots=True)
class Subject:
    """What can be said about a question: its kind, its codes (None: any), and those that have an order."""

    kind: Kind
    codes: frozenset[str] | None = None
    points: frozenset[str] = frozenset()


class ConditionError(ValueError):
    """An expression that cannot be read; `position` counts its characters from 1, the words are Chinese."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(f"第 {position} 个字：{message}")
        self.position = position
        self.message = message


def parse(text: str, subjects: Mapping[str, Subject]) -> When:
    """Read an expression about these questions; ConditionError names the place of what is wrong."""
    plain = text.translate(_WIDE)
    if len(plain) > _LONGEST:
        raise ConditionError(_LONGEST + 1, f"条件太长了，最多 {_LONGEST} 个字。")
    reader = _Reader(_tokens(plain), subjects, len(plain) + 1)
    tree = reader.any_of(0)
    if (rest := reader.peek()) is not None:
        raise ConditionError(rest.at, f"“{rest.text}”前面缺少 and 或 or。")
    return tree if isinstance(tree, Condition) else Expression(" ".join(plain.split()), tree)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ConditionError(at + 1, f"“{text[at]}”看不懂，请删去或加上引号。")
        if match.lastgroup != "blank":
            found.append(_Token(str(match.lastgroup), match.group(), at + 1))
        at = match.end()
    return found


class _Reader:
    """One pass from left to right; `or` binds least, then `and`, then `not`."""

    def __init__(self, tokens: list[_Token], subjects: Mapping[str, Subject], end: int) -> None:
        self.tokens, self.subjects, self.end = tokens, subjects, end
        self.place = 0

    def peek(self) -> _Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, wanted: str) -> _Token:
        token = self.peek()
        if token is None:
            raise ConditionError(self.end, f"写到这里就断了，缺少{wanted}。")
        self.place += 1
        return token

    def follows(self, text: str) -> bool:
        token = self.peek()
        if token is None or token.kind == "quoted" or token.text != text:
            return False
        self.place += 1
        return True

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.follows("or"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.one(depth)]
        while self.follows("and"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def one(self, depth: int) -> Node:
        if depth > _DEEPEST:
            token = self.peek()
            raise ConditionError(token.at if token else self.end, "括号套得太多了，请写简单些。")
        if self.follows("not"):
            return Not(self.one(depth + 1))
        if self.follows("("):
            inner = self.any_of(depth + 1)
            if not self.follows(")"):
                token = self.peek()
                raise ConditionError(token.at if token else self.end, "括号没有成对，缺少“)”。")
            return inner
        return self.atom()

    def atom(self) -> Node:
        name = self.take("题目编号")
        if name.kind != "word" or name.text in _KEYWORDS:
            raise ConditionError(name.at, f"“{name.text}”这里应当是题目编号。")
        subject = self.subjects.get(name.text)
        if subject is None:
            raise ConditionError(name.at, f"前面没有编号为 {name.text} 的题，请检查题号和先后。")
        sign = self.take("比较，例如 = 1")
        if sign.text == "answered":
            return Answered(name.text)
        if sign.text == "in":
            return Condition(name.text, self.values(subject, name))
        if sign.text == "has":
            if subject.kind != "several":
                raise ConditionError(sign.at, f"has 只用于多选题和排序题，{name.text} 请用 =。")
            return Condition(name.text, (self.value(subject, name),))
        if sign.kind != "sign":
            raise ConditionError(sign.at, f"“{sign.text}”这里应当是 =、>=、in、has 或 answered 之类。")
        return self.compared(name, "=" if sign.text == "==" else sign.text, sign.at, subject)

    def compared(self, name: _Token, sign: str, at: int, subject: Subject) -> Node:
        if subject.kind == "several":
            raise ConditionError(at, f"{name.text} 可以选几项，请用 has，例如 {name.text} has 1。")
        if subject.kind == "words":
            raise ConditionError(at, f"{name.text} 是文字题，只能用 answered。")
        if sign in _ORDERED and subject.kind not in ("scale", "number", "date"):
            raise ConditionError(at, f"{name.text} 的选项没有大小，请用 = 或 in。")
        value = self.value(subject, name, ordered=sign in _ORDERED)
        if sign == "=" and subject.kind != "number":
            return Condition(name.text, (value,))
        return Compared(name.text, sign, value, subject.kind, subject.points)

    def values(self, subject: Subject, name: _Token) -> tuple[str, ...]:
        if subject.kind == "words":
            raise ConditionError(name.at, f"{name.text} 是文字题，只能用 answered。")
        opening = self.take("“(”")
        if opening.text not in ("(", "["):
            raise ConditionError(opening.at, "in 后面请用括号列出，例如 in (1, 2)。")
        found = [self.value(subject, name)]
        while self.follows(","):
            found.append(self.value(subject, name))
        if not self.follows(")" if opening.text == "(" else "]"):
            token = self.peek()
            raise ConditionError(token.at if token else self.end, "括号没有成对。")
        return tuple(found)

    def value(self, subject: Subject, name: _Token, *, ordered: bool = False) -> str:
        token = self.take("要比的值")
        if token.kind not in ("word", "quoted") or token.text in _KEYWORDS:
            raise ConditionError(token.at, f"“{token.text}”这里应当是选项代码、数或日期。")
        text = token.text[1:-1] if token.kind == "quoted" else token.text
        if subject.kind == "number":
            if not WHOLE.fullmatch(text):
                raise ConditionError(token.at, f"{name.text} 填的是数，“{text}”不是整数。")
            return str(int(text))
        if subject.kind == "date":
            return _day(text, token.at)
        if ordered and not text.isdecimal():
            raise ConditionError(token.at, f"{name.text} 是打分，“{text}”不是数。")
        if not ordered and subject.codes is not None and text not in subject.codes:
            raise ConditionError(token.at, f"题 {name.text} 没有代码为 {text} 的选项。")
        return text


def _day(text: str, at: int) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ConditionError(at, f"日期请写成 2026-05-01 这样，“{text}”不是。") from error
