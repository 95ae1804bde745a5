"""The sample city's regulation: complete, marked as a sample, and every penalty names a rule that it has."""

import re

from content.rules.amounts import amounts
from content.rules.numerals import to_int
from tests.rules_world import sample

PLACE = re.compile(
    "第([一二三四五六七八九十]+)条(?:第([一二三四五六七八九十]+)款)?((?:、?第[一二三四五六七八九十]+项)*)"
)
DEPARTMENT = re.compile("由(公安|城市管理|卫生健康|消防救援|有权)")


def test_the_sample_is_whole_and_says_that_it_is_one() -> None:
    document = sample()
    chapters = [chapter.split()[-1] for chapter in document.chapters]
    assert (chapters[0], chapters[-2:]) == ("总则", ["法律责任", "附则"])
    assert [article.number for article in document.articles] == list(range(1, len(document.articles) + 1))
    assert "示例" in document.title
    assert any("虚构" in note for note in document.notes)
    assert document.adopted is not None
    assert document.effective is not None
    assert document.adopted < document.effective


def test_every_penalty_names_a_rule_that_stands_there_and_who_enforces_it() -> None:
    rules = {article.number: article for article in sample().articles}
    clauses = [
        paragraph
        for article in rules.values()
        for paragraph in article.paragraphs
        if "违反本条例第" in paragraph.text
    ]
    assert len(clauses) >= 14
    for clause in clauses:
        assert DEPARTMENT.search(clause.text), clause.text
        for article, paragraph, items in PLACE.findall(clause.text.split("规定")[0]):
            rule = rules[to_int(article) or 0]
            assert rule.number < 52
            if paragraph:
                assert len(rule.paragraphs) >= (to_int(paragraph) or 0)
            labels = {item.label.strip("（）") for part in rule.paragraphs for item in part.items}
            assert {label[1:-1] for label in re.findall("第[一二三四五六七八九十]+项", items)} <= labels
        ranges = re.findall(
            "[一二三四五六七八九十百千]+元以上[一二三四五六七八九十百千]+元以下", clause.whole
        )
        for low, high in map(amounts, ranges):
            assert 50 <= low < high <= 1000
