"""Plain-language entries: questions residents ask, an answer in our own words, and the law behind each claim.

The starter entries lie in library/entries, one TOML file a topic. They reach residents only after an office
has approved them.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

LOCAL_RULES = "本地规定为准"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim of an entry stands: a law's full title, the article's label, words the article holds."""

    law: str
    article: str
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer in plain language; `key` never changes, `questions` are ways to ask for it."""

    key: str
    topic: str
    questions: tuple[str, ...]
    answer: str
    sources: tuple[Source, ...] = ()

    @property
    def defers(self) -> bool:
        """Whether the answer leaves what counts to the local rules ("罚多少以本地规定为准")."""
        return LOCAL_RULES in self.answer


def read_entries(text: str) -> tuple[Entry, ...]:
    """The entries of one TOML file (`topic`, `[[entry]]`, `[[entry.source]]`); ValueError names a bad one."""
    try:
        table = tomllib.loads(text)
        topic = table["topic"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"entries: {error}") from error
    return tuple(_entry(row, topic) for row in table.get("entry", ()))


@cache
def shipped_entries() -> tuple[Entry, ...]:
    """The starter entries, in the order of their files and lines."""
    folder = files("content").joinpath("library", "entries")
    texts = [
        file.read_text("utf-8") for file in sorted(folder.iterdir(), key=str) if file.name.endswith(".toml")
    ]
    return tuple(entry for text in texts for entry in read_entries(text))


def _entry(row: dict[str, Any], topic: str) -> Entry:
    try:
        sources = tuple(
            Source(one["law"], one["article"], tuple(one["holds"])) for one in row.get("source", ())
        )
        entry = Entry(row["key"], topic, tuple(row["questions"]), row["answer"].strip(), sources)
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"entry {row.get('key', '?')}: {error} is missing or not what it should be"
        ) from error
    if not (entry.key and entry.questions and entry.answer):
        raise ValueError(f"entry {entry.key or '?'}: key, questions and answer may not be empty")
    return entry
