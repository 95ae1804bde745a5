"""One turn of context: what "那罚多少" means after an answer; which penalty, and who enforces it."""

from dataclasses import replace

import pytest

from content.rules.answer import Answer, answer
from content.rules.document import Article
from content.rules.parsing import parse
from content.rules.passages import passages_of
from content.rules.punishing import authority, matching, punishment, spares
from content.rules.search import Index
from content.rules.topic import Topic, load_topic, wish_of
from content.rules.words import fold
from tests.rules_world import OFFICE, sample, sample_index


def after(first: str, *then: str) -> Answer:
    """The last answer of a talk in which each message may refer to the answer before it."""
    index, topic = sample_index(), None
    found = answer(first, index, OFFICE)
    for message in then:
        topic = found.topic
        found = answer(message, index, OFFICE, topic=topic)
    return found


def labels(found: Answer) -> list[str]:
    return [one.article.label for one in found.citations]


def article(number: int) -> Article:
    return next(one for one in sample().articles if one.number == number)


@pytest.mark.parametrize(
    ("first", "then", "cited", "words"),
    [
        ("遛狗要牵绳吗", "那罚多少", "第五十八条", "一百元以上三百元以下"),
        ("遛狗要牵绳吗", "多少钱", "第五十八条", "一百元以上三百元以下"),
        ("遛狗要牵绳吗", "为什么", "第二十五条", "条文没有细说"),
        ("遛狗要牵绳吗", "那不罚行吗", "第五十八条", "我说了不算"),
        ("遛狗要牵绳吗", "归谁管呢？", "第五十八条", "这件事归公安机关管"),
        ("遛狗要牵绳吗", "怎么举报", "第二十五条", "12345"),
        ("遛狗要牵绳吗", "第三条呢", "第三条", "说理在先"),
        ("第十二条", "第二款", "第十二条", "二十一时三十分"),
        ("献血有什么优待", "那罚多少", "第四十四条", "没有说这样做要罚"),
        ("第五十条讲什么", "谁管", "第六十条", "这件事归公安机关管"),
    ],
)
def test_a_message_refers_to_the_answer_before_it(first: str, then: str, cited: str, words: str) -> None:
    found = after(first, then)
    assert (found.outcome, labels(found)) == ("answered", [cited])
    assert words in found.reply


def test_the_talk_goes_on_about_the_same_article() -> None:
    assert labels(after("遛狗要牵绳吗", "那罚多少", "谁管", "全文")) == ["第二十五条"]


def test_no_reference_reaches_across_a_gate_or_over_a_turn() -> None:
    for between in ("谢谢", "着火了", "明天会下雨吗"):
        found = after("遛狗要牵绳吗", between, "那罚多少")
        assert (found.gate, found.citations) == ("no_topic", ())
    assert after("遛狗要牵绳吗", "救命").outcome == "emergency"


def test_a_question_of_its_own_refers_to_nothing() -> None:
    for own in ("乱扔垃圾罚多少", "谁管路灯", "怎么举报工地", "第三条和第四条讲什么", "", "全文背诵"):
        assert wish_of(fold(own)) is None
    assert labels(after("遛狗要牵绳吗", "乱扔垃圾罚多少"))[0] == "第十条"


def test_rule_and_penalty_come_together_where_the_text_ties_them() -> None:
    found = answer("楼道里给电动车充电", sample_index(), OFFICE)
    assert labels(found) == ["第二十三条", "第五十六条"]
    assert "（四）" in found.reply
    assert "（三）" not in found.reply
    assert "这件事归消防救援机构管。举报请拨打 12345，咨询请拨打 0999-8812345（" in found.reply
    assert found.follow_ups == ("怎么举报",)
    assert answer("第二十五条讲什么", sample_index(), OFFICE).follow_ups == ("那罚多少",)


def test_the_offices_plain_words_stand_first_and_are_shown_as_such() -> None:
    told = "遛狗牵好绳，随手清理。"
    for summary, opening in ((told, f"通俗说明：{told}（以原文为准）\n《"), ("长" * 700, "《")):
        articles = tuple(
            replace(one, summary=summary) if one.number == 25 else one for one in sample().articles
        )
        found = answer("第二十五条讲什么", Index.build([replace(sample(), articles=articles)]), OFFICE)
        assert found.reply.startswith(opening)
        assert "收紧绳索" in found.reply


def test_a_penalty_for_one_item_is_none_for_another() -> None:
    text = """小镇办法
第一条 不得有下列行为：
（一）在楼道停放船只；
（二）在桥上晾晒渔网；
（三）向水塘抛掷石块。
第二条 夜间不得吹号。
白天吹号不得超过一刻钟。
第三条 违反本办法第一条第一项、第三项规定的，由镇政府责令改正。
违反本办法第一条第三项规定，抛掷石块的，处十元罚款。
违反本办法第二条第二款规定的，处二十元罚款。
第四条 本办法自2020年1月1日起施行。"""
    document = parse(text).document
    rule, blowing, penalty, _ = document.articles
    ships, nets, stones = passages_of(rule)
    assert [punishment(document, rule, one) for one in (ships, nets, stones)] == [penalty, None, penalty]
    assert [spares(penalty, rule, one) for one in (ships, nets, stones)] == [False, True, False]
    assert [punishment(document, blowing, one) for one in passages_of(blowing)] == [None, penalty]
    assert "二十元" in matching(penalty, blowing, list(passages_of(blowing))[1]).text
    found = answer("在桥上晾晒渔网罚多少", Index.build([document]), OFFICE)
    assert labels(found) == ["第一条"]
    assert authority(penalty, next(passages_of(penalty))) == "镇政府"


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("违反本办法第一条的，由城市管理部门责令改正，处二十元罚款。", "城市管理部门"),
        ("违反本办法的，由县公安机关、交通运输等部门按照职责分工依法查处。", "县公安机关、交通运输等部门"),
        ("违反本办法的，由市容部门或者街道办事处依据职责责令改正。", "市容部门或者街道办事处"),
        ("违反本办法的，由其监护人负责教育；由公安机关对组织者给予警告。", "公安机关"),
        ("由城市管理部门责令改正。\n由公安机关给予警告。", ""),
        ("违反本办法的，处二十元罚款。", ""),
    ],
)
def test_who_enforces_stands_word_for_word_in_the_penalty(words: str, who: str) -> None:
    document = parse(
        f"小镇办法\n第一条 不得喧哗。\n第二条 {words}\n第三条 本办法自2020年1月1日起施行。"
    ).document
    assert authority(document.articles[1]) == who
    assert who in words


def test_a_topic_is_kept_in_one_line() -> None:
    for topic in (Topic("甲", "第三条", 1, 2), Topic("甲（试行）", "第三条之一")):
        assert load_topic(topic.dump()) == topic
    assert load_topic("") is None


def test_a_topic_that_is_no_longer_in_force_is_forgotten() -> None:
    gone = Topic("旧条例", "第三条")
    assert answer("那罚多少", Index.build([sample()]), OFFICE, topic=gone).gate == "no_topic"


def test_of_a_penalty_for_several_acts_only_the_one_that_fits_is_shown() -> None:
    text = """小镇办法
第一条 不得向水塘抛掷石块，不得在水塘洗涤马桶。
第二条 不得夜间吹号。
第三条 违反本办法第一条规定，抛掷石块、洗涤马桶的，由镇政府处十元罚款。
违反本办法第二条规定的，由派出所处二十元罚款。
第四条 本办法自2020年1月1日起施行。"""
    found = answer("向水塘抛掷石块罚多少", Index.build([parse(text).document]), OFFICE)
    assert labels(found) == ["第一条", "第三条"]
    assert "这件事归镇政府管。" in found.reply
    assert "二十元" not in found.reply
    assert not found.citations[1].quote.complete


def test_a_penalty_may_name_its_rules_by_a_range_or_as_an_act() -> None:
    text = """小镇办法
第一条 不得吹号。
第二条 不得击鼓。
第三条 不得敲锣。
不得打更。
第四条 违反本办法第一条至第三条规定的，处十元罚款。
第五条 有本办法第三条第二款行为的，处二十元罚款。
第六条 本办法自2020年1月1日起施行。"""
    document = parse(text).document
    drum, gong = document.articles[1:3]
    tenth, twentieth = document.articles[3:5]
    assert punishment(document, drum, None) is tenth
    assert punishment(document, gong, next(passages_of(gong))) is tenth
    assert not spares(twentieth, gong, list(passages_of(gong))[1])
    assert spares(twentieth, gong, next(passages_of(gong)))


def test_of_a_penalty_for_several_rules_the_one_that_was_matched_is_quoted() -> None:
    text = """小镇办法
    第一条 不得向水塘抛掷石块。
    第二条 不得在集市燃放鞭炮。
    第三条 违反本办法第一条规定，抛掷石块的，由镇政府处十元罚款。
    违反本办法第二条规定，集市燃放鞭炮，炸伤、烧毁摊位的，由派出所处二十元罚款。
    第四条 本办法自2020年1月1日起施行。"""
    found = answer("集市燃放鞭炮烧毁摊位罚多少", Index.build([parse(text).document]), OFFICE)
    assert labels(found) == ["第三条", "第二条"]
