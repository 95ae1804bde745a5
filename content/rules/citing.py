"""Which article and which regulation a message names, and whose regulation it is."""

import re
from dataclasses import dataclass
from functools import lru_cache

from content.rules.document import Article, Document
from content.rules.numerals import NUMERAL, to_chinese, to_int
from content.rules.passages import Passage
from content.rules.words import fold

_CITED = re.compile(rf"第\s*({NUMERAL})\s*条(?:之([一二三四五六七八九十]))?")
_COUNTED = re.compile(
    rf"(?<![第0-9〇零一二三四五六七八九十百])({NUMERAL})条(?![例件款约文路街狗犬鱼命烟腿河消建信])"
)
_ABOUT_THE_TEXT = re.compile(
    r"条例|规定|讲|说|写|读|念|内容|原文|全文|条里|第|查|是什么|是啥|^[^\w]*[\w]{1,6}条[^\w]*$"
)
_PARAGRAPH = re.compile(r"第(\d{1,4})款")
_ITEM = re.compile(r"第(\d{1,4})项")
_SUFFIX = re.compile(r"(?:特别行政区|自治[区州县]|[省市县区])$")
_WRAPPING = re.compile(r"^中华人民共和国|[（(].*[）)]$")
_SANCTION_CHAPTER = re.compile(r"法律责任|罚则|处罚")
_SANCTION_WORDS = re.compile(r"罚款|处警告|予以处罚|给予警告|责令改正|依法处罚|进行处罚|治安管理处罚")


def cited_labels(folded: str) -> list[tuple[int, str]]:
    """(number, label) of the articles a folded message names, in order; "三条狗" names none."""
    found = [(match.start(), match[1], match[2]) for match in _CITED.finditer(folded)]
    if _ABOUT_THE_TEXT.search(folded):
        found += [(match.start(), match[1], None) for match in _COUNTED.finditer(folded)]
    labels: dict[str, int] = {}
    for _, numeral, suffix in sorted(found, key=lambda entry: entry[0]):
        number = to_int(numeral)
        if number and number <= 9999:
            labels[f"第{to_chinese(number)}条" + (f"之{suffix}" if suffix else "")] = number
    return [(number, label) for label, number in labels.items()]


@dataclass(frozen=True, slots=True)
class Place:
    """A 款 and a 项 as a message names them, each from 1; None where it does not."""

    paragraph: int | None
    item: int | None

    def fits(self, passage: Passage) -> bool:
        """Whether the passage is the one named."""
        if self.paragraph is not None and passage.paragraph != self.paragraph:
            return False
        return self.item is None or passage.item == self.item - 1


def cited_place(folded: str) -> Place | None:
    """The 款 or 项 that a folded message names ("第37条第8项")."""
    paragraph, item = (match and int(match[1]) for match in (_PARAGRAPH.search(folded), _ITEM.search(folded)))
    return Place(paragraph, item) if paragraph or item else None


@lru_cache(maxsize=1024)
def place_stem(area: str) -> str:
    """ "杭州市" -> "杭州": how people say it."""
    bare = _SUFFIX.sub("", area)
    return bare if len(bare) >= 2 else area


def names_of(document: Document) -> tuple[str, ...]:
    """Folded words by which a message may mean this document: its short title and its place."""
    title = _WRAPPING.sub("", document.title)
    names = [title] if len(title) >= 3 else []
    return tuple(fold(name) for name in [*names, *([place_stem(document.area)] if document.area else [])])


def same_place(area: str, office: str) -> bool:
    """Whether one lies in the other: 云溪市 and 云溪市青禾县, either way round."""
    if not area or not office:
        return False
    return place_stem(area) in office or place_stem(office) in area


def is_sanction(article: Article) -> bool:
    """Whether the article says what happens to whoever breaks a rule."""
    return bool(_SANCTION_CHAPTER.search(article.chapter) or _SANCTION_WORDS.search(article.text))
