"""Who is heard first: an emergency before the office's own words, an interview before the rules."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat.conversation import decide
from bot.chat.situation import Answered, Person, World
from bot.config import Office
from bot.inquiries.helping import Vote
from bot.residents import Resident
from bot.wechat.incoming import Incoming, Job
from content.autoreply import AccountTexts, Keyword
from content.rules.topic import Topic
from tests.office import START

URGENT = Answered("请拨打 119", "emergency")


def world(texts: AccountTexts | None = None, now: datetime = START) -> World:
    """A world whose rules repeat the question, and in which fire is an emergency."""
    return World(
        now=now,
        office=Office(name="文明办", hotline="12345"),
        texts=texts or AccountTexts(greeting="您好"),
        answer=lambda text, topic, home: URGENT if "着火" in text else Answered(text, "answered"),
        emergency=lambda text, at_any_sound: URGENT if "着火" in text else None,
    )


def person(offered: str = "") -> Person:
    """Somebody who follows."""
    return Person(Resident(1, "o" * 28, following=True, offered=offered))


def says(text: str = "", now: datetime = START, **more: object) -> Incoming:
    """One message."""
    given = {"kind": "text", **more}
    return Incoming("o" * 28, "gh_1", int(now.timestamp()), key="k" * 64, text=text, **given)  # type: ignore[arg-type]


def test_a_keyword_reply_never_stands_before_an_emergency() -> None:
    texts = AccountTexts(keywords=(Keyword(("厨房",), "contains", "厨房节约用水。"),))
    assert decide(says("厨房怎么省水"), person(), world(texts)).reply == "厨房节约用水。"
    assert decide(says("厨房着火了"), person(), world(texts)).reply == URGENT.reply


def test_a_choice_is_taken_by_its_number_once() -> None:
    decision = decide(says("2"), person("第三条\n第四条"), world())
    assert decision.reply.startswith("第四条\n")
    assert "没有这个序号" in decide(says("2"), decision.person, world()).reply


def test_a_number_that_was_not_offered_is_no_question_and_closes_nothing() -> None:
    for number in ("3", "9", "０", "12"):
        decision = decide(says(number), person("第三条\n第四条"), world())
        assert "没有这个序号" in decision.reply
        assert decision.asked is None
        assert decide(says("2"), decision.person, world()).reply.startswith("第四条\n")
    nothing_open = decide(says("1"), person(), world()).reply
    assert "没有这个序号" in nothing_open
    assert "结束了，您答过的题都留着" in nothing_open
    for words in ("88", "120", "第9条"):
        assert decide(says(words), person(), world()).reply.startswith(f"{words}\n")


def test_what_holds_no_words_is_answered_politely_and_silently_where_nothing_is_asked() -> None:
    for kind in ("image", "video", "shortvideo", "location", "link", "file", "unknown", "voice"):
        assert "文字" in decide(says(kind=kind), person(), world()).reply or kind == "voice"
    for event in ("view", "location", "unsubscribe", "kf_create_session", "a_thing_of_tomorrow"):
        assert decide(says(kind="event", event=event), person(), world()).reply == ""


def test_following_and_leaving_are_remembered() -> None:
    followed = decide(says(kind="event", event="subscribe"), Person(Resident(1, "o", False)), world())
    assert (followed.reply, followed.person.resident.following) == ("您好", True)
    left = decide(says(kind="event", event="unsubscribe"), followed.person, world())
    assert not left.person.resident.following
    assert left.person.resident.last_message_at is None


def test_a_finish_event_settles_a_push_and_opens_no_window() -> None:
    job = Job("7", "send success", total=3, sent=3)
    decision = decide(says(kind="event", event="masssendjobfinish", job=job), person(), world())
    assert (decision.settled, decision.reply) == (job, "")
    assert decision.person.resident.last_message_at is None


TOPIC = Topic("条例", "第三条", 1, 0)


def answering(now: datetime = START) -> World:
    """A world in which every question is answered from one article, and tells what it referred to."""
    return replace(
        world(),
        now=now,
        answer=lambda text, topic, home: Answered(
            f"{text}/{topic.label if topic else '-'}", "answered", topic=TOPIC
        ),
    )


def test_the_next_message_within_ten_minutes_refers_to_the_answer() -> None:
    first = decide(says("遛狗"), person(), answering())
    assert first.reply.startswith("遛狗/-\n这个回答：")
    soon, late = START + timedelta(minutes=10), START + timedelta(minutes=10, seconds=1)
    assert decide(says("罚多少"), first.person, answering(soon)).reply.startswith("罚多少/第三条")
    assert decide(says("罚多少"), first.person, answering(late)).reply.startswith("罚多少/-")
    between = decide(says("着火了"), first.person, world()).person
    assert decide(says("罚多少"), between, answering()).reply.startswith("罚多少/-")


def test_a_home_is_kept_once_it_is_told_and_shown_with_the_other_data() -> None:
    village = replace(
        world(),
        home_said=lambda text: "幸福社区" if text == "我住幸福社区" else "",
        answer=lambda text, topic, home: Answered(f"{text}/{home}", "unknown"),
    )
    told = decide(says("我住幸福社区"), person("第三条"), village)
    assert "您住在幸福社区" in told.reply
    assert told.person.resident.offered == ""
    assert decide(says("停车"), told.person, village).reply == "停车/幸福社区"
    assert "您说过住在幸福社区" in decide(says("我的数据"), told.person, village).reply


def test_a_vote_belongs_to_the_answer_it_was_tapped_under() -> None:
    first = decide(says("遛狗"), person(), answering())
    moment = int(START.timestamp())
    (menu_id,) = set(re.findall(r"msgmenuid=(\d{18})", first.reply))
    later = world(now=START + timedelta(days=29))
    tapped = decide(says("没解决", menu_id=menu_id), person(), later)
    assert tapped.vote == Vote(1, moment, helpful=False)
    assert "工作人员" in tapped.reply
    assert decide(says("有用", menu_id=menu_id), person(), later).vote == Vote(1, moment, helpful=True)
    typed = decide(says("没解决"), first.person, world())
    assert typed.vote == Vote(1, moment, helpful=False)


def test_a_vote_for_no_answer_is_told_kindly() -> None:
    for old in (
        decide(says("没解决"), person(), world()),
        decide(says("有用", menu_id=str(10**17 + 1)), person(), world()),
        decide(says("有用", menu_id=str(10**17 + int(START.timestamp()) + 9)), person(), world()),
    ):
        assert old.vote is None
        assert "再发一次" in old.reply
