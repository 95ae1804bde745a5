"""The right article comes first, the nearest regulation before the farther, and any text can be sought."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.rules.citing import cited_labels, cited_place, same_place
from content.rules.passages import passages_of
from content.rules.phrases import understand
from content.rules.postings import Postings
from content.rules.search import Index
from content.rules.words import fold, grams
from tests.rules_world import SAMPLE_NAME, both_index, national, sample, sample_index

CITY = "云溪市青禾县"


@pytest.mark.parametrize(
    ("message", "labels"),
    [
        ("遛狗不牵绳罚多少", {"第二十五条", "第五十八条"}),
        ("乱扔烟头怎么处罚", {"第十条", "第五十三条"}),
        ("電動車可以進電梯嗎", {"第二十三条", "第五十六条"}),
        ("ＷＩＦＩ　献血", {"第四十四条"}),
        ("见义勇为 奖励", {"第四十一条"}),
        ("谁负责这项工作的日常", {"第四条"}),
    ],
)
def test_the_article_that_says_so_is_found_first(message: str, labels: set[str]) -> None:
    assert sample_index().search(message, 3)[0].label in labels


@given(st.text(max_size=80), st.integers(-1, 12))
@settings(max_examples=150, deadline=None)
def test_search_is_total_and_gives_distinct_articles_best_first(message: str, limit: int) -> None:
    hits = both_index().search(message, limit, CITY)
    assert len(hits) <= max(limit, 0)
    assert len({(hit.title, hit.label) for hit in hits}) == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.passage in passages_of(hit.article) for hit in hits)


def test_the_citys_rule_comes_before_the_states() -> None:
    hits = both_index().search("饲养犬只干扰他人", 5, CITY)
    assert hits[0].title == SAMPLE_NAME
    assert any(hit.title == "动物照管法" for hit in hits)


def test_a_named_text_comes_first() -> None:
    assert both_index().search("动物照管法怎么规定饲养宠物", 1, CITY)[0].title == "动物照管法"
    exact = both_index().search("动物照管法第2条", 1, CITY)[0]
    assert (exact.title, exact.label, exact.exact) == ("动物照管法", "第二条", True)


@pytest.mark.parametrize(
    ("message", "labels"),
    [
        ("第二十八條", ["第二十八条"]),
        ("38条里罚款上限是多少", ["第三十八条"]),
        ("四十一条和四十二条写的啥", ["第四十一条", "第四十二条"]),
        ("第３条之一", ["第三条之一"]),
        ("家里养了三条狗", []),
        ("条例规定养三条狗行吗", []),
        ("这条规定", []),
    ],
)
def test_articles_named_by_number(message: str, labels: list[str]) -> None:
    assert [label for _, label in cited_labels(fold(message))] == labels


def test_a_named_item_is_understood() -> None:
    place = cited_place(fold("第九条第一款第（五）项"))
    assert place is not None
    assert (place.paragraph, place.item) == (1, 5)
    assert cited_place("第9条") is None


def test_a_long_title_is_not_taken_for_a_short_one_within_it() -> None:
    longer = national().__class__("动物照管法实施条例", (), national().articles)
    index = Index.build([national(), longer])
    assert index.search("动物照管法实施条例第2条", 1)[0].title == "动物照管法实施条例"


def test_confirmed_questions_lift_their_article_and_harm_no_other() -> None:
    asked = "门口老有人下象棋吵架谁来劝"
    plain, taught = (
        sample_index(),
        Index.build([sample()], {(SAMPLE_NAME, "第三十一条"): (asked,), ("无", "第一条"): ("x",)}),
    )
    assert plain.search(asked, 1)[0].label != "第三十一条"
    assert taught.search(asked, 1)[0].label == "第三十一条"
    for message in ("遛狗有什么规定", "闯红灯", "献血"):
        before, after = plain.search(message, 5), taught.search(message, 5)
        assert [hit.label for hit in before] == [hit.label for hit in after]


def test_an_empty_index_finds_nothing() -> None:
    assert Index.build([]).search("遛狗", 3) == []
    assert Index.build([]).areas == frozenset()


def test_an_article_is_got_by_title_and_label() -> None:
    found = sample_index().article(SAMPLE_NAME, "第十条")
    assert found is not None
    assert found[1].number == 10
    assert sample_index().article(SAMPLE_NAME, "第九十条") is None


def test_bm25_prefers_the_rarer_word_and_the_shorter_text() -> None:
    postings = Postings.build([[("甲乙丙丁", 1.0)], [("甲乙", 1.0)], [("戊", 1.0)]])
    scores = postings.scores(dict.fromkeys(grams("甲乙"), 1.0))
    assert scores[1] > scores[0] > scores[2] == 0
    assert postings.idf_of("戊") > postings.idf_of("甲")


def test_places_lie_in_each_other() -> None:
    assert same_place("云溪市", "云溪市青禾县")
    assert same_place("云溪市", "云溪")
    assert not same_place("云溪市", "")
    assert not same_place("甲乙市", "云溪市")


def test_asking_words_are_set_aside() -> None:
    query = understand("请问遛狗有什么规定，罚多少", sample_index().phrases)
    assert "请问" not in query.subject
    assert "遛狗" in query.subject
    assert query.penalty
    assert query.amount
