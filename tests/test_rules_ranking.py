"""What many confirmed questions teach: the trees learn an order, and the same one every time."""

import random
from functools import cache

import numpy as np

from content.rules import boosting
from content.rules.experience import Experience
from content.rules.phrases import shipped_phrases, understand
from content.rules.ranking import LEAST, lessons_of
from content.rules.search import Index
from content.rules.wholes import Wholes
from tests.rules_world import SAMPLE_NAME, both_index, sample


def groups(count: int, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Questions of 20 candidates; the first is right whose first two features together are largest."""
    rng = np.random.default_rng(seed)
    rows = [rng.random((20, 4)) for _ in range(count)]
    return rows, [np.arange(20) == (one[:, 0] + one[:, 1]).argmax() for one in rows]


def test_the_trees_learn_an_order_and_the_same_every_time() -> None:
    trees, again = boosting.learn(*groups(150, 1)), boosting.learn(*groups(150, 1))
    rows, wanted = groups(100, 2)
    right = [trees.scores(one).argmax() == which.argmax() for one, which in zip(rows, wanted, strict=True)]
    assert sum(right) >= 75
    assert np.array_equal(trees.scores(rows[0]), again.scores(rows[0]))


def test_features_that_never_differ_teach_nothing_and_break_nothing() -> None:
    same = [np.ones((5, 2))] * 10
    trees = boosting.learn(same, [np.arange(5) == 0] * 10)
    assert len(set(trees.scores(np.array([[1.0, 1.0], [9.0, -9.0]])).tolist())) == 1


def taught_questions(seed: int = 3) -> dict[tuple[str, str], list[str]]:
    """Made-up questions: a few letters that only these ask with, and some of the article's own."""
    rng = random.Random(seed)
    taught: dict[tuple[str, str], list[str]] = {}
    for at, article in enumerate(sample().articles[10:34]):
        own = "鼯鼹鳄鲸鹦鹉鹈鹕鸵鸬鹚"[at % 10] + "魑魅魍魉饕餮貔貅麒麟"[at // 10]
        words = [article.text[begin : begin + 4] for begin in rng.choices(range(len(article.text) - 4), k=10)]
        taught[SAMPLE_NAME, article.label] = [f"{own}怎么办{word}" for word in words]
    return taught


@cache
def taught_index() -> Index:
    return both_index().taught(taught_questions())


def test_many_questions_teach_an_order_that_finds_new_ones() -> None:
    taught = taught_questions()
    assert sum(map(len, taught.values())) >= LEAST
    index, again = taught_index(), both_index().taught(dict(reversed(taught.items())))
    found = 0
    for (_, label), questions in taught.items():
        query = understand(questions[0][:5], shipped_phrases())
        hits = index.find(query, 5)
        found += hits[0].label == label
        assert [(hit.label, hit.score) for hit in hits] == [
            (hit.label, hit.score) for hit in again.find(query, 5)
        ]
    assert found >= 20
    known = taught[SAMPLE_NAME, "第二十条"][3]
    assert index.find(understand(known, shipped_phrases()), 1)[0].label == "第二十条"
    assert index.find(understand("动物照管法第2条", shipped_phrases()), 3)[0].exact
    assert len(index.find(understand("遛狗", shipped_phrases()), 10_000)) == len(sample().articles) + 4


def test_an_article_that_reads_like_the_taught_one_is_found_without_a_word_of_the_question() -> None:
    phrases = shipped_phrases()
    wholes = Wholes.build([(text, 1.0)] for text in ("犬只应当束链", "束链牵引犬只", "车辆礼让行人"))
    lessons = lessons_of([(0, understand("小狗乱跑", phrases)), (2, understand("司机抢道", phrases))])
    experience = Experience.build(lessons, range(2), wholes, wholes.units())
    asked = understand("小狗乱跑咋办", phrases)
    akin = experience.recall(asked, wholes, wholes.vector(asked.weights)).akin
    assert akin[0] > akin[1] > 10 * akin[2]


def test_few_questions_leave_the_order_to_the_words() -> None:
    few = {key: questions[:1] for key, questions in taught_questions().items()}
    index = both_index().taught(few)
    for message in ("遛狗有什么规定", "闯红灯"):
        query = understand(message, shipped_phrases())
        assert index.find(query, 1)[0].label == both_index().find(query, 1)[0].label


def test_lessons_do_not_depend_on_the_order_of_teaching() -> None:
    phrases = shipped_phrases()
    told = [
        (3, understand("遛狗", phrases)),
        (1, understand("吸烟", phrases)),
        (2, understand("遛狗", phrases)),
    ]
    lessons = lessons_of(told)
    assert lessons == lessons_of(told[::-1])
    assert [query.folded for query in lessons.queries] == ["吸烟", "遛狗"]
    assert lessons.pairs == ((0, 1), (1, 2), (1, 3))
