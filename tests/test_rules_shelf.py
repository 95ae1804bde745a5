"""Plain-language entries and the office's own words are found; neither goes before a gate."""

import pytest

from content.rules.answer import answer
from content.rules.entries import Entry, Source, shipped_entries
from content.rules.gates import shipped_gates
from content.rules.passages import passages_of
from content.rules.phrases import shipped_phrases, understand
from content.rules.search import Index
from content.rules.shelf import Shelf
from tests.rules_world import OFFICE, SAMPLE_NAME, national, sample, sample_index

PACK = Entry(
    "pack-leftovers",
    "文明餐桌",
    ("吃不完的菜能打包吗", "饭店不给打包盒怎么办", "剩菜打包"),
    "可以打包，也鼓励打包。餐饮店应当主动提醒您按需点餐。",
    (Source("中华人民共和国反食品浪费法", "第七条", ("主动",)),),
)
PETS = Entry("pets", "养宠物", ("养乌龟要登记吗",), "乌龟不用登记。", (Source("动物照管法", "第二条", ()),))
LEASH = Entry("leash", "养宠物", ("遛狗不牵绳怎么办",), "先提醒对方。")


def with_entries() -> Index:
    return Index.build([national(), sample()], entries=(PACK, PETS, LEASH))


@pytest.mark.parametrize("message", ["吃不完的菜能打包吗", "剩菜能打包吗", "饭店不给打包盒可以吗"])
def test_an_entry_answers_in_its_own_words_and_names_its_law(message: str) -> None:
    got = answer(message, with_entries(), OFFICE)
    assert (got.outcome, got.entry) == ("answered", "pack-leftovers")
    assert got.reply.startswith(f"{PACK.answer}\n依据：《中华人民共和国反食品浪费法》第七条")
    assert {one.document.title for one in got.citations} <= {SAMPLE_NAME}


def test_a_message_that_only_tells_is_told_whom_to_call_as_well() -> None:
    got = answer("饭店不给我打包盒", with_entries(), OFFICE)
    assert got.entry == "pack-leftovers"
    assert got.reply.startswith(shipped_gates().in_danger)


def test_a_loaded_law_behind_an_entry_is_cited() -> None:
    got = answer("养乌龟要登记吗", with_entries(), OFFICE)
    assert [(one.document.title, one.article.label) for one in got.citations] == [("动物照管法", "第二条")]


def test_a_fitting_local_article_goes_before_an_entry() -> None:
    got = answer("遛狗不牵绳罚多少", with_entries(), OFFICE)
    assert got.entry == ""
    assert got.citations[0].document.title == SAMPLE_NAME


@pytest.mark.parametrize(
    "message", ["着火了，剩菜打包", "剩菜不打包要拘留几天", "剩菜不打包罚五百元吗", "第二条剩菜打包"]
)
def test_an_entry_answers_neither_for_a_gate_nor_what_it_does_not_say(message: str) -> None:
    assert answer(message, with_entries(), OFFICE).entry == ""


def test_the_likeliest_entry_is_offered_first_and_tapping_it_is_answered() -> None:
    got = answer("打包盒多少钱", with_entries(), OFFICE)
    assert got.outcome == "choices"
    assert got.choices[0].text == got.choices[0].send
    assert got.choices[0].send in PACK.questions
    assert answer(got.choices[0].send, with_entries(), OFFICE).entry == PACK.key


def test_an_entry_alone_is_offered_where_nothing_else_is_known() -> None:
    got = answer("打包盒多少钱", Index.build([], entries=(PACK,)), OFFICE)
    assert (got.outcome, len(got.choices)) == ("choices", 1)


def asking(*questions: str) -> Index:
    return Index.build([sample()], entries=(Entry("own", "自己的", questions, "这样办。"),))


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("遛狗不牵绳罚多少", "这样办"),
        ("小孩门票半价么", "这样办"),
        ("楼上养狗太吵了", "这样办"),
        ("到外地玩怎么才算文明", "这样办"),
        ("孩子被同学打了", shipped_gates().in_danger),
    ],
)
def test_an_entrys_own_question_is_answered_by_it(question: str, start: str) -> None:
    """Before a local penalty and before a gate; one of danger keeps its numbers and its haste."""
    plain = answer(question, Index.build([sample()]), OFFICE)
    got = answer(f"{question}？", asking(question), OFFICE)
    assert (got.outcome, got.entry, got.urgent) == ("answered", "own", plain.urgent)
    assert got.reply.startswith(start)


def test_almost_the_own_question_of_an_entry_passes_no_gate() -> None:
    assert answer("孩子被同学打了怎么办", asking("孩子被同学打了"), OFFICE).outcome == "emergency"


def test_what_sounds_like_danger_hears_the_numbers_before_an_entry_is_offered() -> None:
    got = answer("旧冰箱没人要", asking("没人要的旧冰箱"), OFFICE)
    assert got.outcome == "choices"
    assert got.reply.startswith(shipped_gates().in_danger)


def test_nothing_goes_before_the_gate_of_self_harm() -> None:
    assert answer("我不想活了", asking("我不想活了"), OFFICE).gate == "self_harm"


def test_another_business_that_an_entry_may_fit_is_asked_back_and_passed_on() -> None:
    got = answer("彩礼二十万", asking("彩礼要二十万合理吗"), OFFICE)
    assert [choice.send for choice in got.choices] == ["彩礼要二十万合理吗"]
    assert "12345" in got.reply
    assert answer("天气怎么样", asking("彩礼要二十万合理吗"), OFFICE).outcome == "unknown"


def test_entries_answer_without_any_regulation() -> None:
    assert answer("剩菜打包", Index.build([], entries=(PACK,)), OFFICE).entry == "pack-leftovers"


def test_no_entry_fits_strange_words() -> None:
    query = understand("公积金怎么提取", shipped_phrases())
    assert Shelf.build((), shipped_phrases()).find(query) is None
    found = with_entries().entry(query)
    assert found is None or found.score < 0.3


def test_the_offices_words_find_an_article_and_its_item() -> None:
    word = "鼯鼹鳄"
    assert sample_index().search(word, 1) == []
    article = next(one for one in sample().articles if any(entry.items for entry in one.paragraphs))
    passage = next(entry for entry in passages_of(article) if entry.item == 1)
    for place in ("", passage.place):
        index = Index.build([sample()], aliases={(SAMPLE_NAME, article.label, place): (word,)})
        hit = index.search(word, 3)[0]
        assert hit.label == article.label
        assert index.evidence(understand(word, index.phrases), hit).covered == 1
    assert hit.passage == passage
    assert Index.build([sample()], aliases={("无", "第一条", ""): (word,)}).search(word, 1) == []


def starters() -> Index:
    return Index.build([sample()], entries=shipped_entries())


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("随地吐痰", "第十条"),
        ("小孩随地小便", "第十条"),
        ("狗绳", "第二十五条"),
        ("上坟烧纸可以吗", "第十五条"),
        ("烧纸钱", "第十五条"),
        ("乱贴小广告", "第十条"),
        ("楼道堆杂物", "第二十三条"),
        ("过年能放鞭炮吗", "第二十七条"),
    ],
)
def test_what_holds_here_is_quoted_where_an_entry_only_tells_what_holds_everywhere(
    said: str, label: str
) -> None:
    got = answer(said, starters(), OFFICE)
    assert got.outcome == "answered"
    assert (got.citations[0].document.title, got.citations[0].article.label) == (SAMPLE_NAME, label)
    assert got.citations[0].quote.lines[0] in got.reply
    assert got.topic is not None
    assert got.topic.label == label


def test_the_offices_own_entry_stands_alone() -> None:
    assert answer("烧纸钱", asking("烧纸钱"), OFFICE).reply == "这样办。"
