"""PURE. Remarks at a passage: which places a text has, and whether the words still stand there."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from content.campaign import Content, Refused

LONGEST_PASSAGE = 300


def places(content: Content) -> Mapping[str, str]:
    """The places of a text that can be remarked on, with their words: title, digest, p1, p2, …"""
    found = {"title": content.title, "digest": content.digest}
    found |= {block.place: block.words for block in content.blocks if block.picture is None}
    return {place: words for place, words in found.items() if words}


def in_words(place: str) -> str:
    """What colleagues call a place."""
    return {"title": "标题", "digest": "摘要"}.get(place) or f"第 {place.removeprefix('p')} 段"


def passage(content: Content, place: str, words: str) -> str:
    """The words that a remark is about: those given, which must stand at the place, or else all of it.

    Raises Refused("changed") for a place or words that the text does not have.
    """
    text = places(content).get(place)
    wanted = words.strip()
    if text is None or wanted not in text:
        raise Refused("changed", "这个位置没有这句话，稿件可能刚改过。意见没有留下，请对照最新的稿件再写。")
    return (wanted or text)[:LONGEST_PASSAGE]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a place's text; `numbers` of the remarks that are about it."""

    text: str
    numbers: tuple[int, ...]


def pieces(text: str, remarks: Mapping[int, str]) -> tuple[Piece, ...]:
    """A text cut where the passages of numbered remarks begin and end; one no longer there marks nothing."""
    spans = {
        number: (start, start + len(passage))
        for number, passage in remarks.items()
        if passage and (start := text.find(passage)) >= 0
    }
    cuts = sorted({0, len(text), *(edge for span in spans.values() for edge in span)})
    return tuple(
        Piece(
            text[start:end],
            tuple(number for number, span in spans.items() if span[0] <= start and end <= span[1]),
        )
        for start, end in pairwise(cuts)
    )
