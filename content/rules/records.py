"""PURE. Documents as plain values that JSON and database columns hold, and back; nothing is lost."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

from content.rules.document import Article, Document, Doubt, Item, Paragraph, Parsed


class Row(Protocol):
    """A record, or a row of the database."""

    def __getitem__(self, key: Any, /) -> Any:
        """The value under a column's name."""


def document_record(document: Document) -> dict[str, Any]:
    """Everything but the articles, by the names of the columns."""
    return {
        "title": document.title,
        "area": document.area,
        "tier": document.stated_tier or "",
        "issuer": document.issuer,
        "source": document.source,
        "chapters": list(document.chapters),
        "notes": list(document.notes),
        "adopted": written(document.adopted),
        "effective": written(document.effective),
        "expires": written(document.expires),
    }


def article_records(articles: Iterable[Article]) -> list[dict[str, Any]]:
    """The articles in order, by the names of the columns."""
    return [
        {
            "position": position,
            "number": article.number,
            "label": article.label,
            "chapter": article.chapter,
            "section": article.section,
            "line": article.line,
            "paragraphs": [
                {"text": entry.text, "items": [[item.label, item.text] for item in entry.items]}
                for entry in article.paragraphs
            ],
        }
        for position, article in enumerate(articles)
    ]


def article_of(row: Row, summary: str = "") -> Article:
    """An article from its record or its row."""
    paragraphs = tuple(
        Paragraph(number, entry["text"], tuple(Item(label, text) for label, text in entry["items"]))
        for number, entry in enumerate(row["paragraphs"], 1)
    )
    return Article(
        row["number"], row["label"], row["chapter"], row["section"], paragraphs, row["line"], summary
    )


def document_of(row: Row, articles: Iterable[Article], id: int = 0, version: int = 0) -> Document:
    """A document from its record or its row."""
    return Document(
        row["title"],
        tuple(row["chapters"]),
        tuple(articles),
        tuple(row["notes"]),
        day(row["adopted"]),
        day(row["effective"]),
        row["area"],
        row["tier"] or None,
        row["issuer"],
        row["source"],
        day(row["expires"]),
        id,
        version,
    )


def parsed_record(parsed: Parsed) -> dict[str, Any]:
    """A text as it was read, doubts included, to be kept until somebody agrees to it."""
    return {
        "document": document_record(parsed.document),
        "articles": article_records(parsed.document.articles),
        "doubts": [[doubt.line, doubt.message] for doubt in parsed.doubts],
    }


def parsed_of(record: Mapping[str, Any]) -> Parsed:
    """The text that `parsed_record` kept."""
    found = [article_of(row) for row in record["articles"]]
    return Parsed(
        document_of(record["document"], found),
        tuple(Doubt(line, message) for line, message in record["doubts"]),
    )


def words_digest(document: Document) -> str:
    """The same for the same words in the same order, whatever is known about the text."""
    words = [(entry.label, entry.chapter, entry.section, entry.paragraphs) for entry in document.articles]
    return hashlib.sha256(repr(words).encode()).hexdigest()


def digest(document: Document) -> str:
    """The same for the same file, wherever its words stood in it."""
    facts = (document.notes, document.adopted, document.effective, document.area, document.chapters)
    words = [(entry.label, entry.chapter, entry.section, entry.paragraphs) for entry in document.articles]
    return hashlib.sha256(repr((facts, words)).encode()).hexdigest()


def day(value: str | None) -> date | None:
    """A column's day."""
    return date.fromisoformat(value) if value else None


def written(value: date | None) -> str | None:
    """A day for a column."""
    return value.isoformat() if value else None
