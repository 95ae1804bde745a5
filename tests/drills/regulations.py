"""`python -m tests.drills regulations FOLDER`: every text of a folder imported and counted a second way.

For each .md or .txt under FOLDER: articles as the parser finds them beside a plain count of lines that begin
with 第N条, numbers without a gap from 1, chapters, the same articles from Word and HTML files of the same
lines, and of all references "违反本…第N条" and "有本…第N条…行为" those that became a link from penalty to
rule, each to an article, 款 and 项 that exist. Exit code 1 where anything differs.
"""

import argparse
import html
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from docx import Document as new_docx

from content.rules.document import Article, Document, Parsed
from content.rules.numerals import to_chinese, to_int
from content.rules.pairing import broken_rules
from content.rules.passages import passages_of
from content.rules.punishing import broken_places
from content.rules.reading import read_documents
from tests.drills.figures import say

NUMBER = "[〇零一二三四五六七八九十百千]+"
COUNTED = re.compile(
    rf"(?:^[#\s\u3000]*第({NUMBER})条(?:之{NUMBER})?[\s\u3000]|(?<=。)第({NUMBER})条本)", re.M
)
"""Also an article that somebody glued to the one before ("…。第四十二条本条例自…")."""
CHAPTERS = re.compile(rf"^[#\s\u3000]*第{NUMBER}章", re.M)
MENTIONED = re.compile(
    rf"(?:违反本|有本)(?:法|条例|办法|规定|细则)((?:第{NUMBER}[条款项]|第（{NUMBER}）项|[、和或至及])+)"
)
LABEL = re.compile(rf"第{NUMBER}条")


@dataclass(frozen=True, slots=True)
class Row:
    """What was found in one text; `wrong` names every difference."""

    title: str
    articles: int
    counted: int
    chapters: int
    doubts: int
    mentioned: int
    linked: int
    wrong: tuple[str, ...]


def main(arguments: Sequence[str]) -> int:
    """Print a line a text, the sums, and what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills regulations", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    files = [file for file in sorted(folder.rglob("*")) if file.suffix in (".md", ".txt")]
    rows = [judged(file) for file in files if COUNTED.search(file.read_text("utf-8"))]
    say(f"{'articles':>8} {'counted':>8} {'chapters':>8} {'doubts':>7} {'named':>6} {'linked':>7}  title")
    for row in rows:
        say(
            f"{row.articles:>8} {row.counted:>8} {row.chapters:>8} {row.doubts:>7} {row.mentioned:>6} "
            f"{row.linked:>7}  {row.title}"
        )
    say(
        f"{len(rows)} texts, {sum(row.articles for row in rows)} articles, "
        f"{sum(row.mentioned for row in rows)} references to a broken rule, "
        f"{sum(row.linked for row in rows)} of them linked"
    )
    wrong = [f"DIFFERS {row.title}: {words}" for row in rows for words in row.wrong]
    for words in wrong:
        say(words)
    return 1 if wrong or not rows else 0


def judged(file: Path) -> Row:
    """One text, read and counted."""
    text = file.read_text("utf-8")
    (parsed,) = read_documents(text.encode(), file.name)
    document = parsed.document
    counted = [to_int(match[1] or match[2]) for match in COUNTED.finditer(text)]
    wrong = []
    if len(document.articles) != len(counted):
        wrong.append(f"{len(document.articles)} articles, {len(counted)} lines that begin with one")
    numbers = [article.number for article in document.articles if "条之" not in article.label]
    if numbers != list(range(1, len(numbers) + 1)) or counted != [one.number for one in document.articles]:
        wrong.append("the numbers are not 1 to N")
    chapters = len({match[0].strip("# \u3000\t") for match in CHAPTERS.finditer(text)})
    if len(document.chapters) != chapters:
        wrong.append(f"{len(document.chapters)} chapters, {chapters} headings")
    lines = [line for line in text.split("\n") if line.strip()]
    for name, data in (("a.docx", as_docx(lines)), ("a.html", as_html(lines))):
        (other,) = read_documents(data, name)
        if words_of(other) != words_of(parsed):
            wrong.append(f"{name} gives other articles")
    mentioned = mentions(document)
    missing = [(article.label, label) for article, label in mentioned if label not in broken_rules(article)]
    wrong += [f"{label} names {rule} and is not linked to it" for label, rule in missing]
    wrong += [f"{words}, which is not there" for words in dangling(document)]
    return Row(
        document.title,
        len(document.articles),
        len(counted),
        len(document.chapters),
        len(parsed.doubts),
        len(mentioned),
        len(mentioned) - len(missing),
        tuple(wrong),
    )


def mentions(document: Document) -> list[tuple[Article, str]]:
    """Every article that says "违反本条例第N条", with each N, ranges written out."""
    found = []
    for article in document.articles:
        for match in MENTIONED.finditer(article.text):
            labels = LABEL.findall(match[1])
            for first, last in re.findall(rf"第({NUMBER})条至第({NUMBER})条", match[1]):
                between = range((to_int(first) or 0) + 1, to_int(last) or 0)
                labels += [f"第{to_chinese(number)}条" for number in between]
            found += [(article, label) for label in dict.fromkeys(labels)]
    return found


def dangling(document: Document) -> Iterator[str]:
    """References to a rule of this text that lead to no article, 款 or 项 of it."""
    articles = {article.label: article for article in document.articles}
    for article in document.articles:
        for place in broken_places(article):
            rule = articles.get(place.label)
            if rule is None or not any(place.holds(passage) for passage in passages_of(rule)):
                yield f"{article.label} names {place}"


def words_of(parsed: Parsed) -> list[tuple[str, str, str, str]]:
    """The articles without the lines where a file has them."""
    return [(one.label, one.chapter, one.section, one.text) for one in parsed.document.articles]


def as_docx(lines: Sequence[str]) -> bytes:
    """A Word file with a paragraph a line."""
    file = new_docx()
    for line in lines:
        file.add_paragraph(line)
    kept = io.BytesIO()
    file.save(kept)
    return kept.getvalue()


def as_html(lines: Sequence[str]) -> bytes:
    """A page with a paragraph a line, as government sites have them; a comment stays one."""
    paragraphs = (line if line.startswith("<!--") else f"<p>　　{html.escape(line)}</p>" for line in lines)
    return f"<html><head><title>x</title></head><body>{''.join(paragraphs)}</body></html>".encode()
