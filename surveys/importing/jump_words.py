"""What a printed jump says: 跳问Q6, 问完跳问Q7, （选“没有”的跳至第5题）, 结束访问."""

import re
import unicodedata
from dataclasses import dataclass

END = "end"
_VERB = "(?:请|直接|请直接)?(?:跳[问至到答转往]|跳转[至到]?|转[至到问答]|接[问答]|去答|请答)"
_OPEN, _CLOSE = r"[（(【\[〔]?\s*(?:[—–\-=→>➔]{1,6}\s*)?", r"\s*[)）】\]〕]?"
_GOTO = re.compile(
    rf"{_OPEN}(?:选此项|选择此项|选本项)?(?:者|的)?[，,]?\s*{_VERB}\s*(?:第|到|至)*\s*(?:[Qq]|问题)?\s*"
    rf"([A-Z]?\d{{1,3}})(?![\d.、]\d)\s*[题问]?(?:继续|作答|回答)?{_CLOSE}"
)
_ARROW = re.compile(
    rf"[（(【\[]?\s*(?:[—–\-=]{{1,6}}[>＞]|→|➔)\s*(?:第|[Qq]|问题)?\s*([A-Z]?\d{{1,3}})\s*[题问]?{_CLOSE}"
)
_STOPPING = "(?:结束|终止|中止|停止|末尾|结尾)"
_ASKING = "(?:本?次?(?:问卷|访问|调查|答题|作答|填写|访谈))"
_STOP = re.compile(
    rf"(?:[（(【\[〔→➔>]\s*(?:选此项|问完|答完)?[，,]?\s*(?:请|直接|则|{_VERB})*(?:问卷)?{_STOPPING}{_ASKING}?"
    rf"|(?:请|直接|{_VERB})+(?:问卷)?{_STOPPING}{_ASKING}?|{_STOPPING}{_ASKING}){_CLOSE}(?=[。.；;，,]?$)"
)
"""A mere 结束 may be the option's own word; it ends the interview after a bracket, an arrow or a verb."""
_AFTER = re.compile(
    rf"{_OPEN}(?:[问答]完(?:本题|此题|后)?|本题(?:[问答]完)?后?|回答后)[，,]?\s*{_VERB}\s*(?:第)?\s*(?:[Qq]|问题)?\s*"
    rf"([A-Z]?\d{{1,3}})\s*[题问]?{_CLOSE}"
)
_PLACE = r"(?:[A-Z]|[①-⑳]|[1-9]\d?)"
_PLACES = rf"({_PLACE}(?:\s*[、,，和或及/]\s*{_PLACE}|\s*[A-Z①-⑳])*)(?![A-Za-z])"
"""Options as a jump names them: by letter, by circled number, by the number printed before them."""
_WHO, _GOES = (
    rf"{_OPEN}(?:如果?|若|凡)?(?:选择?|答|回答)(?:了)?\s*",
    r"\s*(?:项|选项|的|者|时)*[，,]?\s*(?:则|的)?"
    rf"(?:{_VERB}\s*(?:第)?\s*(?:[Qq]|问题)?\s*([A-Z]?\d{{1,3}})\s*[题问]?"
    rf"|(?:请|直接|{_VERB})*(?:问卷)?{_STOPPING}{_ASKING}){_CLOSE}",
)
_CHOSEN = re.compile(rf"{_WHO}[“\"「]?{_PLACES}[”\"」]?{_GOES}")
_QUOTED = re.compile(rf"{_WHO}[“\"「]([^“”\"「」]{{1,20}})[”\"」]{_GOES}")
_ASKED_IF = re.compile(
    rf"{_OPEN}(?:仅|只)?(?:限|由|问)?\s*(?:第|[Qq]|问题)\s*(\d{{1,3}})\s*[题问]?(?:中|里)?(?:选择?|回答|答)(?:了)?\s*"
    rf"[“\"「]?{_PLACES}[”\"」]?\s*(?:项|选项)?(?:的|者|的人|的居民)*(?:请?(?:回答|填写|作答|填答|问|答))?{_CLOSE}"
)
_DEPENDS = re.compile(rf"依赖于?\s*第\s*(\d{{1,3}})\s*题\s*(?:的\s*)?第\s*{_PLACES}\s*个?选项[。；;]?")
_LEFT = re.compile(
    "跳[问至到答转]|转[至到]第|(?:如|若)选.{0,12}(?:请|则|回答|填写|作答)|选.{1,8}(?:的|者)(?:请|不)?(?:回答|填写|作答|答)"
)


_SOME = re.compile("(?:选|如|若|凡|答|[（(【\\[])[^。？?）)】\\]]*$")
"""Before a jump: it speaks of some people only, in words that are not understood."""


@dataclass(frozen=True, slots=True)
class Jump:
    """From a question to the one with this printed number (or END), for these options; () is all of them."""

    target: str
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Ask only those who chose these options (places from 0) in the question with this number."""

    label: str
    places: tuple[int, ...]


def in_option(label: str) -> tuple[str, str | None]:
    """The label without its jump, and where it goes."""
    for pattern in (_GOTO, _ARROW, _STOP):
        found = pattern.search(label)
        rest = "" if found is None else (label[: found.start()] + label[found.end() :]).strip(" \t,，;；")
        if found and rest:
            return rest, found[1] if pattern is not _STOP else END
    return label, None


def by_letter(title: str) -> tuple[str, tuple[Jump, ...], Asked | None]:
    """The title without what it says about letters: (选A跳至第5题), （第3题选A、B的回答）."""
    jumps = []
    while found := _CHOSEN.search(title):
        jumps.append(Jump(found[2] or END, _places(found[1])))
        title = (title[: found.start()] + title[found.end() :]).strip()
    asked = None
    if found := _ASKED_IF.search(title):
        asked = Asked(str(int(found[1])), _places(found[2]))
        title = (title[: found.start()] + title[found.end() :]).strip()
    return title, tuple(jumps), asked


def depends(line: str) -> Asked | None:
    """What a line like 依赖于第8题第2个选项 says of the question above it, as 问卷星 prints it."""
    found = _DEPENDS.fullmatch(line)
    return None if found is None else Asked(str(int(found[1])), _places(found[2]))


def by_words(title: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The title without (选“没有”的跳至第5题), and the words of each such option with its target."""
    named = []
    while found := _QUOTED.search(title):
        named.append((found[1].strip(), found[2] or END))
        title = (title[: found.start()] + title[found.end() :]).strip()
    return title, tuple(named)


def after(text: str) -> tuple[str, Jump | None]:
    """The text without 问完跳问Q7, which speaks of everybody wherever it stands, and that jump."""
    found = _AFTER.search(text)
    if found is None:
        return text, None
    return (text[: found.start()] + text[found.end() :]).strip(), Jump(found[1])


def for_all(title: str) -> tuple[str, Jump | None]:
    """The title without the jump that everybody takes: 问完跳问Q7."""
    rest, jump = after(title)
    if jump is None and (found := _GOTO.search(title)) and not _SOME.search(title[: found.start()]):
        return (title[: found.start()] + title[found.end() :]).strip(), Jump(found[1])
    return rest, jump


def is_unread(text: str) -> bool:
    """Whether words that speak of skipping are left."""
    return bool(_LEFT.search(text))


def _places(named: str) -> tuple[int, ...]:
    """Places from 0 of what is named: A is the first option, as ① and 1 are."""
    return tuple(map(_place, re.findall(_PLACE, named)))


def _place(named: str) -> int:
    if named.isascii():
        return int(named) - 1 if named.isdecimal() else ord(named) - ord("A")
    return int(unicodedata.numeric(named)) - 1
