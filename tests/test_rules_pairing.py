"""Which rules a penalty names, in all the ways in which texts name them."""

import pytest

from content.rules.document import Article, Paragraph
from content.rules.pairing import broken_rules
from content.rules.punishing import Broken, broken_places


def penalty(text: str) -> Article:
    """An article of these words."""
    return Article(9, "第九条", "", "", (Paragraph(1, text),), 1)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("违反本条例第二十八条规定的，处警告。", ("第二十八条",)),
        ("违反本法第三条、第五条第二款规定的，处警告。", ("第三条", "第五条")),
        ("有本条例第六条第七项行为的，责令改正。", ("第六条",)),
        ("有本法第一百一十五条所列行为之一的，给予处分。", ("第一百一十五条",)),
        ("违反本条例第十条至第十三条规定的，处警告。", ("第十条", "第十三条", "第十一条", "第十二条")),
        ("违反本条例规定，依照其他法律处罚。", ()),
        ("有本条例第六条规定的情形，可以减轻。", ()),
        ("依照本法第二十条的规定处罚。", ()),
    ],
)
def test_the_rules_that_a_penalty_names(text: str, labels: tuple[str, ...]) -> None:
    assert broken_rules(penalty(text)) == labels


def test_the_item_is_named_whichever_way_the_breach_is_told() -> None:
    for opening in ("违反本条例第六条第七项规定的", "有本条例第六条第七项行为的"):
        assert broken_places(penalty(f"{opening}，责令改正。")) == (Broken("第六条", None, 7),)
