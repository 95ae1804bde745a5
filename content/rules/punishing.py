"""Which article punishes the breach of a rule, down to its 款 and 项, and the authority it names for that."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from content.rules.document import Article, Document
from content.rules.numerals import NUMERAL, to_int
from content.rules.pairing import broken_rules
from content.rules.passages import Passage, passages_of

_STEP = re.compile(rf"第\s*[（(]?({NUMERAL})[）)]?\s*([条款项])(之[一二三四五六七八九十])?")
_CLAUSE = re.compile(r"(?:违反|有本)[^。；]{0,80}")
DOCUMENTS_KNOWN = 256
_ACTS = (
    "责令|给予|予以|依据|处以?[一二三四五六七八九十百千万0-9]|处警告|处罚|依法|依照|按照|没收|代为|会同|通报|"
    "批评教育|劝阻|可以并?处|并处|可以给予|可以对|可以责令|可处|强制|收缴|扣留|吊销|暂扣|撤销|查处|负责|进行|说服教育|追回|裁决|对"
)
_AUTHORITY = re.compile(rf"由((?:(?!由|{_ACTS})[\u4e00-\u9fff、（）()]){{2,40}}?)(?=，?(?:{_ACTS}))")
_TRAILING = re.compile(r"(?:可以|应当|并|组织|、)+$")
_NO_AUTHORITY = re.compile(r"^(?:其|此|有关责任|本人|父母|监护人|行为人|当事人)")


@dataclass(frozen=True, slots=True)
class Broken:
    """What a penalty names as broken: an article's label and, where it says so, its 款 and 项 (from 1)."""

    label: str
    paragraph: int | None = None
    item: int | None = None

    def holds(self, passage: Passage) -> bool:
        """Whether a passage of that article is meant."""
        if self.paragraph is not None and self.paragraph != passage.paragraph:
            return False
        return self.item is None or (passage.item is not None and self.item == passage.item + 1)


@lru_cache(maxsize=8192)
def broken_places(article: Article) -> tuple[Broken, ...]:
    """What "违反本条例第二十三条第二项、第四项规定" names; a whole article where no part of it is named."""
    labels = broken_rules(article)
    named = _named(article.text, set(labels))
    in_part = {place.label for place in named}
    return named + tuple(Broken(label) for label in labels if label not in in_part)


def matching(other: Article, rule: Article, passage: Passage) -> Passage:
    """The passage of an article that speaks of the same act as a rule's: by reference, else by words."""
    own = {rule.label}
    return max(
        passages_of(other),
        key=lambda one: (
            any(place.holds(passage) for place in _named(one.whole, own)),
            len({*one.text} & {*passage.text}),
        ),
    )


def punishment(document: Document, article: Article, passage: Passage | None) -> Article | None:
    """The article that says what the breach of a passage brings, or None where the text ties none to it.

    Without a passage any part of the article counts.
    """
    return next(
        (
            other
            for place, other in _punished(_Same(document)).get(article.label, ())
            if other is not article and (passage is None or place.holds(passage))
        ),
        None,
    )


class _Same:
    """A document as a key by its identity: its texts need not be hashed at every answer."""

    __slots__ = ("document",)

    def __init__(self, document: Document) -> None:
        self.document = document

    def __hash__(self) -> int:
        return id(self.document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.document is self.document


@lru_cache(maxsize=DOCUMENTS_KNOWN)
def _punished(same: _Same) -> Mapping[str, Sequence[tuple[Broken, Article]]]:
    """By the label of a rule, what is named of it and the article that punishes that, in the text's order."""
    found: dict[str, list[tuple[Broken, Article]]] = {}
    for article in same.document.articles:
        for place in broken_places(article):
            found.setdefault(place.label, []).append((place, article))
    return found


def spares(penalty: Article, rule: Article, passage: Passage | None) -> bool:
    """Whether a penalty names parts of the rule's article, and the passage is none of them."""
    named = [place for place in broken_places(penalty) if place.label == rule.label]
    return bool(named and passage) and not any(passage and place.holds(passage) for place in named)


def authority(article: Article, passage: Passage | None = None) -> str:
    """Who enforces it, in the article's own words ("城市管理部门"), or "" where it does not say so clearly.

    The passage decides, else its 款, else the article where it names one authority alone.
    """
    if passage is not None:
        own = next((entry for entry in article.paragraphs if entry.number == passage.paragraph), None)
        for text in (passage.whole, own.whole if own else ""):
            if found := _authorities(text):
                return found[0]
    everywhere = dict.fromkeys(_authorities(article.text))
    return next(iter(everywhere)) if len(everywhere) == 1 else ""


def passage_at(article: Article, paragraph: int | None, item: int | None) -> Passage | None:
    """The passage of an article at a place, or None."""
    fitting = (entry for entry in passages_of(article) if (entry.paragraph, entry.item) == (paragraph, item))
    return next(fitting, None)


def _authorities(text: str) -> list[str]:
    names = (_TRAILING.sub("", match[1]) for match in _AUTHORITY.finditer(text))
    return [name for name in names if len(name) >= 2 and not _NO_AUTHORITY.match(name)]


def _named(text: str, own: set[str]) -> tuple[Broken, ...]:
    return tuple(place for clause in _CLAUSE.findall(text) for place in _places(clause, own))


def _places(clause: str, own: set[str]) -> Iterator[Broken]:
    label, paragraph = "", None
    steps: Sequence[re.Match[str]] = list(_STEP.finditer(clause))
    for at, step in enumerate(steps):
        number = to_int(step[1])
        following = steps[at + 1][2] if at + 1 < len(steps) else "条"
        if step[2] == "条":
            label = clause[step.start() : step.end()]
            paragraph = None
            if following == "条" and label in own:
                yield Broken(label)
        elif label in own and step[2] == "款":
            paragraph = number
            if following != "项":
                yield Broken(label, number)
        elif label in own:
            yield Broken(label, paragraph, number)
