"""PURE. Two versions of one text side by side: which article became which, what is different in its words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from content.rules.document import Article, Document
from content.rules.passages import passages_of

Kind = Literal["unchanged", "renumbered", "changed", "new", "removed"]
KINDS: Mapping[Kind, str] = {
    "unchanged": "没有变化",
    "renumbered": "只改了条号",
    "changed": "内容有改动",
    "new": "新增",
    "removed": "删去",
}
SAME_ARTICLE = 0.5
SAME_LABEL_BONUS = 0.15
LONGEST_MARKED = 4000
"""Characters: beyond, the letters are not compared one by one, which takes the square of the length."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a changed article: in both versions, only in the old one, or only in the new one."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one article; `old` is None for a new one, `new` for one that was removed."""

    kind: Kind
    old: Article | None
    new: Article | None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The words of a changed article with the differences marked; () for any other."""
        if self.kind != "changed" or self.old is None or self.new is None:
            return ()
        return tuple(marked(self.old.text, self.new.text))


def compare(old: Document, new: Document) -> tuple[Difference, ...]:
    """Every article of both: those of the new version in its order, then those that were removed.

    Same words are the same article wherever they stand; of the rest those most alike, if alike enough.
    """
    pairs = _same_words(old.articles, new.articles)
    pairs |= _alike(
        [(at, one) for at, one in enumerate(old.articles) if at not in set(pairs.values())],
        [(at, one) for at, one in enumerate(new.articles) if at not in pairs],
    )
    found = []
    for at, article in enumerate(new.articles):
        before = old.articles[pairs[at]] if at in pairs else None
        found.append(Difference(_kind(before, article), before, article))
    kept = set(pairs.values())
    gone = (Difference("removed", one, None) for at, one in enumerate(old.articles) if at not in kept)
    return (*found, *gone)


def moves(differences: Sequence[Difference]) -> dict[str, tuple[Article, Article]]:
    """By the old label: the article and what it became; those that were removed are missing."""
    return {one.old.label: (one.old, one.new) for one in differences if one.old and one.new}


def moved_place(old: Article, new: Article, place: str) -> str:
    """Where a passage of the old article (`Passage.place`) stands in the new one; "" if nothing is alike."""
    wanted = next((one for one in passages_of(old) if one.place == place), None)
    if wanted is None:
        return ""
    if any(one.place == place and one.text == wanted.text for one in passages_of(new)):
        return place
    pairs = _pairs(wanted.text)
    rated = [(_likeness(pairs, _pairs(one.text)), -at, one.place) for at, one in enumerate(passages_of(new))]
    best = max(rated, default=(0.0, 0, ""))
    return best[2] if best[0] >= SAME_ARTICLE else ""


def marked(old: str, new: str) -> Iterator[Piece]:
    """Both texts as one, with what was taken out and what was put in."""
    if len(old) > LONGEST_MARKED or len(new) > LONGEST_MARKED:
        yield Piece("removed", old)
        yield Piece("added", new)
        return
    for operation, begin, end, begin_new, end_new in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if operation == "equal":
            yield Piece("same", old[begin:end])
            continue
        if end > begin:
            yield Piece("removed", old[begin:end])
        if end_new > begin_new:
            yield Piece("added", new[begin_new:end_new])


def as_words(pieces: Sequence[Piece]) -> str:
    """The pieces as plain text: [-taken out-] and {+put in+}."""
    form = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(form[piece.kind].format(piece.text) for piece in pieces)


def to_json(differences: Sequence[Difference]) -> dict[str, object]:
    """For `civility rules import --json`: how many stayed as they were, and the others one by one."""
    return {
        "unchanged": sum(one.kind == "unchanged" for one in differences),
        "articles": [
            {
                "kind": one.kind,
                "old": one.old.label if one.old else None,
                "new": one.new.label if one.new else None,
                "marked": as_words(one.pieces) or None,
            }
            for one in differences
            if one.kind != "unchanged"
        ],
    }


def _kind(old: Article | None, new: Article) -> Kind:
    if old is None:
        return "new"
    if old.text != new.text:
        return "changed"
    return "unchanged" if old.label == new.label else "renumbered"


def _same_words(old: Sequence[Article], new: Sequence[Article]) -> dict[int, int]:
    """Position in the new version -> position in the old, for equal words; the same label goes first."""
    waiting: dict[str, list[int]] = {}
    for at, article in enumerate(old):
        waiting.setdefault(article.text, []).append(at)
    pairs: dict[int, int] = {}
    for same_label in (True, False):
        for at, article in enumerate(new):
            if at in pairs:
                continue
            for candidate in waiting.get(article.text, []):
                if not same_label or old[candidate].label == article.label:
                    pairs[at] = candidate
                    waiting[article.text].remove(candidate)
                    break
    return pairs


def _alike(old: Sequence[tuple[int, Article]], new: Sequence[tuple[int, Article]]) -> dict[int, int]:
    """The same for words that are alike, the most alike first."""
    grams = {at: _pairs(article.text) for at, article in old}
    rated = []
    for at, article in new:
        own = _pairs(article.text)
        for candidate, before in old:
            likeness = _likeness(own, grams[candidate])
            likeness += SAME_LABEL_BONUS if before.label == article.label else 0.0
            if likeness >= SAME_ARTICLE:
                rated.append((likeness, at, candidate))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, at, candidate in sorted(rated, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if at not in pairs and candidate not in taken:
            pairs[at] = candidate
            taken.add(candidate)
    return pairs


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1)) or frozenset([text])


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice: pairs of neighbouring characters in common, 0..1."""
    return 2 * len(one & other) / (len(one) + len(other))
