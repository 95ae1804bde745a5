"""Judged messages about one city's regulation: what is found, what is answered, and how often wrongly.

The folder holds dev-hangzhou.jsonl; its README tells what the labels mean. Lines with an even number were
tuned on, the figures are those of the odd lines. Risk-coverage: answering all that is at least so sure.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from content.rules.answer import Answer, answer
from content.rules.calibration import bounds, curve
from content.rules.citing import is_sanction
from content.rules.confidence import confidence
from content.rules.document import Document
from content.rules.gates import OfficeFacts
from content.rules.phrases import Query, understand
from content.rules.reading import read_documents
from content.rules.search import Index
from tests.drills.encoding import Encoder

OFFICE = OfficeFacts("杭州市文明办", "12345", "杭州市")
NO_ARTICLE = frozenset(("emergency", "other_place", "personal_data", "injection"))
THRESHOLDS = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3, 0.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A message, its label, and what it was answered."""

    label: dict[str, Any]
    answer: Answer
    title: str

    @property
    def answerable(self) -> bool:
        """Whether the text holds an answer."""
        return "none" not in self.label["articles"]

    @property
    def found(self) -> list[int]:
        """The articles found, best first; another text's do not count."""
        return [hit.number if hit.title == self.title else 0 for hit in self.answer.candidates]

    def acceptable(self, number: int) -> bool:
        """Whether an answer may rest on this article first."""
        return self.answerable and number in (*self.label["articles"], *self.label["also"])

    @property
    def wrong(self) -> bool:
        """Whether it was answered directly, and should not have been, or with another article."""
        cited = self.answer.citations
        return self.answer.outcome == "answered" and not (cited and self.acceptable(cited[0].article.number))

    @property
    def reached(self) -> bool:
        """Whether the resident has the right article, directly or among the choices."""
        right = self.label["articles"]
        if self.answer.outcome == "answered":
            return any(cited.article.number in right for cited in self.answer.citations)
        offered = self.found[:3] if self.answer.outcome == "choices" else []
        return any(number in right for number in offered)


def main(argv: Sequence[str]) -> int:
    """Measure and print; 0 when every target is met."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills questions", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--text", type=Path, help="the regulation (default: beside the folder)")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="further texts to be searched")
    parser.add_argument("--encoder", action="store_true", help="the order with a sentence encoder beside it")
    parser.add_argument("--misses", action="store_true", help="list what went wrong")
    options = parser.parse_args(argv)
    beside = sorted((options.folder.parent / "regulations" / "city").glob("杭州市*"))
    text = options.text or beside[0]
    documents = [
        parsed.document
        for file in (text, *options.also)
        for parsed in read_documents(file.read_bytes(), file.name)
    ]
    index = Index.build(documents)
    lines = (options.folder / "dev-hangzhou.jsonl").read_text("utf-8").splitlines()
    judged = [
        Judged(label, answer(label["q"], index, OFFICE), documents[0].title)
        for label in map(json.loads, lines)
    ]
    print(f"{len(documents)} texts; half tuned on (even lines), then half kept (odd lines)\n")
    _report(judged[1::2], documents[0], options.misses)
    print("\n--- the half that was not tuned on ---\n")
    met = _report(judged[::2], documents[0], options.misses)
    if options.encoder:
        _compare(judged, index)
    print("targets met" if met else "TARGET MISSED")
    return 0 if met else 1


def _compare(judged: Sequence[Judged], index: Index) -> None:
    """The first and the first three by words alone, and with the encoder at several weights, half by half."""
    encoder = Encoder()
    print("\n--- words alone and with the encoder: right article first, among three, of the answerable ---\n")
    for name, half in (("tuned on", judged[1::2]), ("kept", judged[::2])):
        can = [one for one in half if one.answerable]
        for weight in (0.0, 0.2, 0.5, 1.0, 2.0):
            ranked = [
                (
                    one,
                    encoder.rerank(
                        one.label["q"], index.find(_understood(one, index), 30, OFFICE.area), weight
                    ),
                )
                for one in can
            ]
            first, three = (
                sum(any(hit.number in one.label["articles"] for hit in hits[:most]) for one, hits in ranked)
                for most in (1, 3)
            )
            print(f"{name:<10} weight {weight:<4} first {first:>3}  of three {three:>3}  of {len(can)}")
    print(f"{1000 * encoder.seconds / encoder.messages:.1f} ms more a message")


def _understood(one: Judged, index: Index) -> Query:
    return understand(one.label["q"], index.phrases)


def _report(half: Sequence[Judged], text: Document, misses: bool) -> bool:
    can = [one for one in half if one.answerable]
    sanctions = {article.number for article in text.articles if is_sanction(article)}
    fines = [one for one in can if _sides(one.label["articles"], sanctions) == {True, False}]
    direct = [one for one in half if one.answer.outcome == "answered"]
    stopped = [one for one in half if one.label["kind"] in NO_ARTICLE]

    def both(one: Judged) -> bool:
        right = [number for number in one.found[:3] if number in one.label["articles"]]
        return _sides(right, sanctions) == {True, False}

    met = [
        _line("right article first", can, lambda one: one.found[0] in one.label["articles"], 0.85, misses),
        _line("among the first three", can, lambda one: _among(one, 3), 0.97, misses),
        _line("fine: rule and penalty in three", fines, both, 0.85, misses),
        _line("answered directly, of all", half, lambda one: one in direct, 0.50, False),
        _line("direct answers not wrong", direct, lambda one: not one.wrong, 0.95, misses),
        _line("reached directly or of three", can, lambda one: one.reached, 0.95, misses),
        _line("no article where none may be", stopped, lambda one: not one.answer.citations, 1.0, misses),
    ]
    print(f"\n{'at least':>10}{'answered':>10}{'share':>8}{'wrong':>7}{'risk':>8}{'at most':>9}")
    searched = [one for one in half if one.answer.features and one.answer.gate == ""]
    sureness = np.array([confidence(one.answer.features) for one in searched])
    right = np.array([float(one.acceptable(one.found[0])) for one in searched])
    for point in curve(sureness, right, THRESHOLDS):
        share, risk = point.answered / len(half), point.wrong / max(point.answered, 1)
        print(
            f"{point.threshold:>10.2f}{point.answered:>10}{share:>8.2f}{point.wrong:>7}{risk:>8.3f}"
            f"{point.upper:>9.3f}"
        )
    return all(met)


def _line(
    name: str, among: Sequence[Judged], good: Callable[[Judged], bool], least: float, misses: bool
) -> bool:
    count = sum(map(good, among))
    lower, upper = bounds(count, len(among))
    share = count / max(len(among), 1)
    print(f"{name:<34}{count:>4} of {len(among):<4}{share:.3f}  [{lower:.3f}, {upper:.3f}]  least {least}")
    if misses:
        for one in among:
            if not good(one):
                print(f"    {one.label['q']}  {one.label['articles']}  {one.found[:3]}  {one.answer.outcome}")
    return share >= least


def _among(one: Judged, first: int) -> bool:
    return any(number in one.label["articles"] for number in one.found[:first])


def _sides(numbers: Sequence[Any], sanctions: set[int]) -> set[bool]:
    """Whether there are penalties, rules, or both."""
    return {number in sanctions for number in numbers}
