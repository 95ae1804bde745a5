"""PURE. How a text reads: words that do harm or say nothing, and sentences too long to be read once.

The limits on length are this program's own rule of thumb for readers of every schooling, not a standard.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

FILE = Path(__file__).parent / "library" / "words.toml"
Weight = Literal["block", "warn", "off"]

LONGEST_SENTENCE = 60
LONGEST_ON_AVERAGE = 36
LONGEST_PARAGRAPH = 200
_SENTENCE = re.compile(r"[^。！？!?；;\n]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word to look for, what to do about it, and how grave it is; "off" is not looked for."""

    word: str
    advice: str
    weight: Weight


@cache
def shipped() -> tuple[Word, ...]:
    """The words of the library, the graver ones first."""
    groups = tomllib.loads(FILE.read_text(encoding="utf-8"))["group"]
    return tuple(Word(word, group["advice"], group["level"]) for group in groups for word in group["words"])


def together(own: Sequence[Word]) -> tuple[Word, ...]:
    """The library's words with the office's own over them: changed, added, or switched off."""
    found = {one.word: one for one in shipped()} | {one.word: one for one in own}
    return tuple(found.values())


def found_in(text: str, words: Iterable[Word]) -> Iterator[Word]:
    """The words that stand in a text (NFKC), those switched off left out."""
    return (one for one in words if one.weight != "off" and one.word in text)


def heavy(paragraphs: Sequence[str]) -> Iterator[str]:
    """What makes a text hard to read, a sentence each with what to do."""
    sentences = [part.strip() for line in paragraphs for part in _SENTENCE.findall(line) if part.strip()]
    longest = max(sentences, key=len, default="")
    if len(longest) > LONGEST_SENTENCE:
        yield f"“{longest[:12]}……”这一句有 {len(longest)} 个字，念不完一口气，请拆成两三句。"
    elif sentences and (average := sum(map(len, sentences)) / len(sentences)) > LONGEST_ON_AVERAGE:
        yield f"平均一句 {average:.0f} 个字，偏长。老人和孩子要读得懂，请多用短句。"
    for number, line in enumerate(paragraphs, start=1):
        if len(line) > LONGEST_PARAGRAPH:
            yield f"第 {number} 段有 {len(line)} 个字，手机上要翻几屏，请分段。"
