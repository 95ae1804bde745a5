"""Rule and penalty belong together: who asks about a fine needs what forbids and what punishes."""

import re
from collections.abc import Sequence
from functools import lru_cache

from content.rules.citing import is_sanction
from content.rules.document import Article
from content.rules.hits import Hit
from content.rules.numerals import to_chinese, to_int
from content.rules.words import fold, grams

SAME_ACT = 0.3

_NUMBER = "[〇零一二三四五六七八九十百千]+"
_PLACES = rf"((?:第{_NUMBER}[条款项]|第（{_NUMBER}）项|[、至和或者及的规定])+)"
_BROKEN_RULE = re.compile(
    rf"违反本[^。；]{{0,6}}?{_PLACES}|有本(?:法|条例|办法|规定|细则){_PLACES}[^。；]{{0,6}}行为"
)
_LABEL = re.compile(rf"第{_NUMBER}条")
_RANGE = re.compile(rf"第({_NUMBER})条至第({_NUMBER})条")
LONGEST_RANGE = 50


@lru_cache(maxsize=8192)  # every answer asks it of every article of the text that it cites
def broken_rules(article: Article) -> tuple[str, ...]:
    """Labels of the articles whose breach this one punishes ("违反本条例第九条", "有本法第九条的行为")."""
    return _broken_in(article.text)


def _broken_in(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for match in _BROKEN_RULE.finditer(text):
        places = match[1] or match[2]
        found += _LABEL.findall(places)
        for first, last in _RANGE.findall(places):
            begin, end = to_int(first) or 0, to_int(last) or 0
            found += [
                f"第{to_chinese(number)}条" for number in range(begin + 1, min(end, begin + LONGEST_RANGE))
            ]
    return tuple(dict.fromkeys(found))


def companion(hit: Hit, hits: Sequence[Hit]) -> Article | None:
    """The penalty to a rule, or the rule to a penalty, from the same document; None when nothing ties them.

    A reference in the text decides, that of the passage that matched before those beside it; without one,
    the same wording does, among the articles found together.
    """
    articles = hit.document.articles
    if is_sanction(hit.article):
        for label in (*_broken_in(hit.passage.whole), *broken_rules(hit.article)):
            if found := next((article for article in articles if article.label == label), None):
                return found
    else:
        punishing = [article for article in articles if hit.label in broken_rules(article)]
        if punishing:
            return max(punishing, key=lambda article: _likeness(hit.passage.text, article.text))
    others = [
        other
        for other in hits
        if other.document is hit.document and is_sanction(other.article) != is_sanction(hit.article)
    ]
    near = [(_likeness(hit.passage.text, other.passage.text), -rank) for rank, other in enumerate(others)]
    if not near or max(near)[0] < SAME_ACT:
        return None
    return others[-max(near)[1]].article


def _likeness(one: str, other: str) -> float:
    """Pairs of characters in common, as a share of the shorter text's."""
    pairs = [{gram for gram in grams(fold(text)) if len(gram) > 1} for text in (one, other)]
    smaller = min(len(pairs[0]), len(pairs[1]))
    return len(pairs[0] & pairs[1]) / smaller if smaller else 0.0
