"""Regulation text -> Document. Total: any text gives a document and, line by line, what was uncertain."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from content.rules import dates, origin
from content.rules.document import Article, Document, Doubt, Parsed
from content.rules.lines import (
    Heading,
    Line,
    Opening,
    heading,
    is_contents,
    opening,
    read_lines,
    split_glued,
    without_contents,
)
from content.rules.notices import counted_as_articles, published_on, signed_off
from content.rules.numerals import to_chinese, to_int
from content.rules.paragraphs import build_paragraphs, item_label

_NOTE = re.compile(
    r"\d{4}\s*年|[〇○零一二三四五六七八九]{4}年|通过|批准|公布|发布|施行|修订|修正|令第|公告|示例|虚构|来源|说明[：:]"
)
_ATTACHMENT = re.compile(r"附[件录表图]?[\s\u3000]*(?:[:：\d一二三]|$)")
_UNFINISHED = re.compile(r"[\u3400-\u9fff，、,]$")


def parse(text: str, title: str | None = None) -> Parsed:
    """Read one regulation; `title` wins over what the text calls itself. Never raises."""
    doubts: list[Doubt] = []
    lines, signature = signed_off(without_contents(list(read_lines(text))))
    lines = list(split_glued(counted_as_articles(lines, doubts), doubts))
    start = next(
        (at for at, line in enumerate(lines) if heading(line) or opening(line, 1) or is_contents(line)),
        len(lines),
    )
    found, notes = _front(lines[:start], title, doubts)
    if not found:
        doubts.append(Doubt(1, "没有找到标题，请补上文件名称。"))
    body = _Body(doubts)
    for line in lines[start:]:
        body.take(line)
    body.finish_article()
    if not body.articles:
        doubts.append(Doubt(1, "没有找到“第一条”这样的条文，请确认文件是法规正文。"))
    if "\ufffd" in text:
        doubts.append(
            Doubt(text[: text.index("\ufffd")].count("\n") + 1, "有无法识别的字符，请检查文件编码。")
        )
    doubts += numbering_doubts(body.articles)
    all_notes = (*notes, *body.strays, *signature)
    told = (*all_notes, *published_on(signature))
    closing = [article.text for article in body.articles[-3:]]
    effective = dates.effective(told, closing)
    if body.articles and effective is None:
        doubts.append(Doubt(body.articles[-1].line, "没有读到施行日期，请人工填写。"))
    name = found or "未命名文件"
    issuer = origin.issuer_of(name, all_notes, signature)
    document = Document(
        title=name,
        chapters=tuple(body.chapters),
        articles=tuple(body.articles),
        notes=all_notes,
        adopted=dates.adopted(told),
        effective=effective,
        area=origin.area_of(name),
        stated_tier=origin.tier_of(name, issuer),
        issuer=issuer,
        source=origin.source_of(all_notes),
        expires=dates.expires(closing, effective),
    )
    return Parsed(document, tuple(sorted(doubts, key=lambda doubt: doubt.line)))


def numbering_doubts(articles: Sequence[Article]) -> list[Doubt]:
    """Gaps, repeats and steps back in the numbers of articles, and gaps in those of items."""
    doubts = []
    if articles and articles[0].number != 1:
        doubts.append(Doubt(articles[0].line, f"条文从{articles[0].label}开始，前面的条文没有找到。"))
    seen: dict[str, int] = {}
    for article in articles:
        if article.label in seen:
            doubts.append(
                Doubt(article.line, f"{article.label}出现了两次，上一次在第{seen[article.label]}行。")
            )
        seen.setdefault(article.label, article.line)
        for paragraph in article.paragraphs:
            numbers = [to_int(item.label.strip("（()）.．、")) for item in paragraph.items]
            if numbers and None not in numbers and numbers != list(range(1, len(numbers) + 1)):
                doubts.append(Doubt(article.line, f"{article.label}各项的编号不连续。"))
    for before, after in pairwise(articles):
        if after.number > before.number + 1:
            missing = f"第{to_chinese(before.number + 1)}条"
            doubts.append(Doubt(after.line, f"{before.label}之后是{after.label}，没有找到{missing}。"))
        elif after.number < before.number:
            doubts.append(Doubt(after.line, f"{before.label}之后又是{after.label}，编号倒退。"))
    return doubts


def _front(lines: Sequence[Line], given: str | None, doubts: list[Doubt]) -> tuple[str, tuple[str, ...]]:
    """Title and notes before the first heading or article; what is neither is kept as a note and doubted."""
    title, notes, bracket_open = "", [], False
    for line in lines:
        opens = line.text.startswith(("（", "("))
        if not title and not opens and not line.text.startswith((">", "示例文本")):
            title = line.text.strip("《》*")
            continue
        notes.append(line.text)
        if not (opens or bracket_open or _NOTE.search(line.text)):
            shown = line.text[:20]
            doubts.append(Doubt(line.number, f"正文之前有一行不像标题、说明或目录，已作为说明保留：{shown}"))
        bracket_open = (opens or bracket_open) and not line.text.endswith(("）", ")"))
    if given and title and title != given:
        notes.insert(0, title)
    return (given or title).strip(), tuple(notes)


@dataclass(slots=True)
class _Body:
    """Takes the body line by line and builds articles; what belongs to none is a stray, with a doubt."""

    doubts: list[Doubt]
    articles: list[Article] = field(default_factory=list)
    chapters: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    _part: str = ""
    _chapter: str = ""
    _section: str = ""
    _open: Opening | None = None
    _line: int = 0
    _words: list[str] = field(default_factory=list)
    _last: int = 0
    _attached: bool = False

    def take(self, line: Line) -> None:
        """Decide what the line is and put it where it belongs."""
        if self._attached or (self._last and _ATTACHMENT.match(line.text)):
            self._attached = True
            self._stray(line, "条文之后还有附件，未编入条文")
        elif found := heading(line):
            self.finish_article()
            self._enter(found)
        elif start := opening(line, self._last + 1):
            self.finish_article()
            self._open, self._line, self._last = start, line.number, start.number
            self._words = [start.rest] if start.rest else []
        elif self._open is None:
            self._stray(line, "有一行不属于任何一条，已作为说明保留")
        elif self._words and _UNFINISHED.search(self._words[-1]) and not item_label(line.text):
            self.doubts.append(Doubt(line.number, "这一行像是上一行没有写完的部分，已接在一起。"))
            self._words[-1] += line.text
        else:
            self._words.append(line.text)

    def finish_article(self) -> None:
        """Close the open article, if any."""
        if self._open is None:
            return
        paragraphs = build_paragraphs(self._words)
        if not paragraphs:
            self.doubts.append(Doubt(self._line, f"{self._open.label}没有内容。"))
        number, label = self._open.number, self._open.label
        self.articles.append(Article(number, label, self._chapter, self._section, paragraphs, self._line))
        self._open = None

    def _enter(self, found: Heading) -> None:
        if found.level == "编":
            self._part, self._chapter, self._section = found.words, found.words, ""
        elif found.level == "章":
            self._chapter, self._section = " ".join(filter(None, (self._part, found.words))), ""
            self.chapters.append(self._chapter)
        else:
            self._section = found.words

    def _stray(self, line: Line, why: str) -> None:
        self.strays.append(line.text)
        self.doubts.append(Doubt(line.number, f"{why}：{line.text[:20]}"))
