"""What the machine finds in a draft, and what it must not complain about."""

from dataclasses import replace
from datetime import datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.campaign import Content
from content.checks import Finding, Quiet, findings
from content.festivals import SHANGHAI, days
from content.templates import Template, from_template, templates
from content.wording import Word, together

NOW = datetime(2027, 1, 20, 9, 0, tzinfo=SHANGHAI)
QUIET = Quiet(time(21), time(8))
GOOD = Content(
    title="春节文明倡议",
    body="2027年2月6日（星期六）是春节。请少放烟花爆竹，吃好团圆饭，不剩菜，多陪陪家里的老人。",
    digest="平安过年",
    source="青禾县文明办",
    festival="春节",
    tone="festive",
    due_at=datetime(2027, 1, 30, 10, 0, tzinfo=SHANGHAI),
    lateness_minutes=120,
)


def found(**changes: object) -> tuple[Finding, ...]:
    return findings(replace(GOOD, **changes), QUIET, NOW)


def blocks(**changes: object) -> set[str]:
    return {finding.field for finding in found(**changes) if finding.level == "block"}


def in_body(text: str) -> set[str]:
    return {finding.level for finding in found(body=GOOD.body + "\n" + text)}


def test_a_good_draft_has_no_finding() -> None:
    assert found() == ()


@pytest.mark.parametrize("year", [2026, 2027, 2028, 2033])
def test_every_template_passes_in_every_year(year: int) -> None:
    before = datetime(year - 1, 11, 1, tzinfo=SHANGHAI)
    present = {day.name for day in days(year)}
    for name in templates().keys() & present:
        assert findings(from_template(name, year, "青禾县文明办", 120), QUIET, before) == (), name


@pytest.mark.parametrize("template", templates().values(), ids=lambda template: template.festival)
def test_a_template_has_the_tone_of_its_day(template: Template) -> None:
    [day] = [day for day in days(2027) if day.name == template.festival]
    assert template.tone == day.tone


def test_lengths() -> None:
    assert blocks(title="") == {"title"}
    assert blocks(title="字" * 64) == set()
    assert {finding.level for finding in found(title="字" * 33)} == {"warn"}
    assert blocks(title="字" * 65) == {"title"}
    assert blocks(digest="字" * 121) == {"digest"}
    assert blocks(digest="字" * 120) == set()
    assert blocks(body="") == {"body"}
    assert blocks(body="字" * 20_000) == {"body"}
    assert [finding.level for finding in found(body="新年好。")] == ["warn"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2月6日（星期六）", set()),
        ("2月6日（星期日）", {"block"}),
        ("2月6日（周六 · 正月初一）见", set()),
        ("２月６日（星期天）", {"block"}),
        ("2026年2月6日星期五", set()),
        ("2027年2月6日星期五", {"block"}),
        ("12月31日周四", set()),
        ("2月30日开会", {"block"}),
        ("2月7日是春节", {"block"}),
        ("春节（2月7日）", {"block"}),
        ("春节（2月6日至12日）放假", set()),
        ("2月20日元宵灯会", set()),
        ("2月21日元宵灯会", {"warn"}),
        ("元宵节为2月20日（星期六）", set()),
        ("元宵，2月6日起布展", set()),
        ("2月2日小年", set()),
    ],
)
def test_dates_weekdays_and_festivals(text: str, expected: set[str]) -> None:
    assert in_body(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("身份证号11010519491231002X请核对", {"block"}),
        ("１１０１０５１９４９１２３１００２Ｘ", {"block"}),
        ("订单号110105194912310021", set()),
        ("联系王老师13812345678", {"block"}),
        ("电话 138-1234-5678", {"block"}),
        ("请拨打 0571-12345678 或 12345", set()),
        ("点javascript:alert(1)", {"block"}),
        ("weixin://dl/business", {"block"}),
        ("ftp://a.example.cn/x", {"block"}),
        ("请打开https://www.example.cn/a?b=1查看", set()),
        ("http://www.example.cn", set()),
        ("https://", {"block"}),
        ("https://本地", {"block"}),
        ("请到XX街道报名", {"block"}),
        ("地点：【请填写】", {"block"}),
    ],
)
def test_personal_data_links_and_gaps(text: str, expected: set[str]) -> None:
    assert in_body(text) == expected


@pytest.mark.parametrize("text", ["请安静！", "quiet!", "缅怀🙏", "❤"])
def test_a_solemn_day_has_no_exclamation_and_no_emoji(text: str) -> None:
    body = "清明时节，请献一束花，文明祭扫，不在路边烧纸，不带火进山。" + text
    solemn = {"festival": "", "tone": "solemn", "body": body}
    assert blocks(**solemn) == {"body"}
    assert blocks(**{**solemn, "tone": "plain"}) == set()


def test_source_tone_and_festival() -> None:
    assert blocks(source="") == {"source"}
    assert blocks(festival="没有的节") == {"festival"}
    assert blocks(due_at=datetime(2027, 2, 7, 10, tzinfo=SHANGHAI)) == {"due_at"}
    qingming = {"festival": "清明", "due_at": datetime(2027, 3, 30, 10, tzinfo=SHANGHAI)}
    assert blocks(**qingming) == {"tone"}
    assert blocks(**qingming, tone="solemn") == set()
    early = found(due_at=datetime(2027, 1, 21, 10, tzinfo=SHANGHAI), festival="元宵")
    assert [finding.level for finding in early] == []
    earlier = found(due_at=datetime(2027, 1, 20, 10, tzinfo=SHANGHAI), festival="元宵")
    assert [finding.level for finding in earlier] == ["warn"]


def test_an_unsettled_date_is_said() -> None:
    due = datetime(2089, 9, 15, 10, tzinfo=SHANGHAI)
    notes = found(festival="中秋", due_at=due, body="中秋将到，" + "请简单过节，多陪家人。" * 4)
    assert [(finding.level, finding.field) for finding in notes] == [("warn", "festival")]


def test_time_of_sending() -> None:
    assert blocks(due_at=NOW) == {"due_at"}
    assert blocks(due_at=datetime(2027, 1, 30, 7, 59, tzinfo=SHANGHAI)) == {"due_at"}
    assert blocks(due_at=datetime(2027, 1, 30, 8, 0, tzinfo=SHANGHAI)) == set()
    assert blocks(due_at=datetime(2027, 1, 30, 21, 0, tzinfo=SHANGHAI)) == {"due_at"}
    assert blocks(lateness_minutes=1) == {"lateness_minutes"}
    assert blocks(lateness_minutes=23 * 60) == set()
    assert blocks(lateness_minutes=24 * 60) == {"lateness_minutes"}
    day = Quiet(time(12), time(14))
    assert day.covers(datetime(2027, 1, 1, 12, 0, tzinfo=SHANGHAI))
    assert not day.covers(datetime(2027, 1, 1, 14, 0, tzinfo=SHANGHAI))


def test_blocking_findings_come_first() -> None:
    levels = [finding.level for finding in found(title="字" * 40, source="")]
    assert levels == ["block", "warn"]


FIRST, LAST = datetime(1900, 6, 1, tzinfo=SHANGHAI), datetime(2099, 1, 1, tzinfo=SHANGHAI)
MOMENTS = st.integers(int(FIRST.timestamp()), int(LAST.timestamp()))


@given(st.text(max_size=200), st.text(max_size=200), MOMENTS)
@settings(max_examples=150, deadline=None)
def test_any_text_gets_findings_and_never_an_exception(title: str, body: str, due: int) -> None:
    draft = replace(GOOD, title=title, body=body, due_at=datetime.fromtimestamp(due, SHANGHAI))
    for finding in findings(draft, QUIET, NOW):
        assert finding.message.endswith("。")


def test_words_that_do_harm_are_found_and_an_office_may_see_it_otherwise() -> None:
    assert in_body("转发有奖，快来参加。") == {"block"}
    assert in_body("我们高度重视这件事。") == {"warn"}
    draft = replace(GOOD, body=GOOD.body + "\n我们高度重视这件事，切莫乱扔。")
    off = together([Word("高度重视", "", "off"), Word("切莫", "请写“不要”。", "block")])
    assert [one.message for one in findings(draft, QUIET, NOW, off)] == ["有“切莫”：请写“不要”。"]


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("卡号 6222 0212 3456 7895 已收到。", set()),
        ("卡号 4111 1111 1111 1111 已收到。", {"block"}),
        ("她住在3号楼2单元501室。", {"warn"}),
        ("请到王家村三组12号找他。", {"warn"}),
        ("实践站在文化路 12 号三楼。", set()),
        ("长" * 61 + "。", {"warn"}),
        ("长" * 60 + "。", set()),
        (("短句。" * 70), {"warn"}),
    ],
)
def test_cards_homes_and_long_sentences(text: str, levels: set[str]) -> None:
    assert in_body(text) == levels


def test_a_text_of_long_sentences_is_heavy() -> None:
    assert in_body(("这一句话写得相当长" * 5 + "。") * 6) == {"warn"}


def test_a_notice_is_no_festival_greeting_and_its_title_is_short() -> None:
    assert blocks(way="notice") == {"festival"}
    assert "title" in blocks(way="notice", festival="", title="题" * 21)
    assert "title" not in blocks(way="notice", festival="", title="题" * 20)
