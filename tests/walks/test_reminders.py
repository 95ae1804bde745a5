"""Reviewers hear of what waits for them, by e-mail and in the group, once a stage, until it has moved on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import outbox
from bot.config import Campaigns, Config
from bot.office import mail, staff_contacts
from bot.office.mail import Letter, Mailbox, NotSent
from bot.office.notices import Channels, Notices
from bot.office.review_reminding import ReviewReminding, is_over
from bot.problems import Problem
from bot.web import campaign_desk, reminder_desk, review_desk, sends_desk
from content import acts, store
from content.checks import Quiet
from content.deadlines import stage
from content.templates import from_template
from tests.mail_server import group_robot, mail_server
from tests.office import DESKS, SHANGHAI, START, Office, open_office, quick_database

DUE = datetime(2027, 3, 29, 10, tzinfo=SHANGHAI)
ROUTES = (*DESKS, reminder_desk.routes, reminder_desk.own, campaign_desk.routes, review_desk.routes)


@pytest.mark.parametrize(
    ("since", "now", "expected"),
    [
        (72, 72, "new"),
        (72, 24, "soon"),
        (72, 3, "last"),
        (20, 19, "new"),
        (20, 3, "last"),
        (2, 1, "new"),
        (72, 0, None),
        (72, -1, None),
    ],
)
def test_a_reviewer_is_told_on_arrival_a_day_before_and_at_the_last(
    since: int, now: int, expected: str | None
) -> None:
    assert stage(DUE - timedelta(hours=since), DUE, 24, DUE - timedelta(hours=now)) == expected


@asynccontextmanager
async def house(folder: Path, **campaigns: Any) -> AsyncIterator[tuple[Office, ReviewReminding, Notices]]:
    """An office with reminders, whose campaign 1 (清明) waits for 复审 by fu."""
    config = Config.model_validate({"office": {"name": "清河县文明办"}, "campaigns": campaigns})
    async with (
        quick_database(folder) as database,
        open_office(database, config=config, desks=(*ROUTES, sends_desk.routes)) as office,
    ):
        fu, zhong = await office.person("fu", "reviewer"), await office.person("zhong", "approver")
        async with database.transaction() as conn:
            await staff_contacts.set_email(conn, fu.id, "fu@example.com")
            await staff_contacts.set_email(conn, zhong.id, "zhong@example.com")
            made = await acts.create(conn, from_template("清明", 2027, "清河", 120), "bian", 2, START)
            await acts.submit(conn, made.id, "bian", Quiet(time(23), time(6)), START)
        channels = Channels.of(config)
        reminding = ReviewReminding(database, config, channels, office.clock)
        yield office, reminding, Notices(database, channels, office.clock, is_over)


async def test_each_stage_is_told_once_and_to_those_who_can_sign(tmp_path: Path) -> None:
    async with mail_server() as post, group_robot() as robot:
        given = {
            "robot_url": robot.url,
            "mail_host": "127.0.0.1",
            "mail_port": post.port,
            "mail_security": "none",
            "mail_user": "office",
            "mail_password": "p",
            "mail_from": "office@example.com",
        }
        async with house(tmp_path, **given) as (office, reminding, notices):
            assert await reminding.order_due() == 2
            assert await reminding.order_due() == 0
            assert await notices.send_waiting() == 2
            assert await notices.send_waiting() == 0
            [letter], [said] = post.letters, robot.said
            assert letter["To"] == "fu@example.com"
            assert "等复审" in letter["Subject"]
            assert "/office/campaigns/1" in letter.get_content()
            assert "2027年3月29日（星期一" in said
            async with office.database.transaction() as conn:
                now = await store.get(conn, 1)
                await acts.sign(conn, 1, 1, "fu", "approve", "", now.content_hash, office.clock())
            await reminding.order_due()
            await notices.send_waiting()
            assert [one["To"] for one in post.letters] == ["fu@example.com", "zhong@example.com"]
            office.clock.now = DUE - timedelta(hours=20)
            assert await reminding.order_due() == 2
            office.clock.now = DUE.replace(hour=23) - timedelta(days=1)
            assert await reminding.order_due() == 0  # the house sleeps
            office.clock.now = DUE - timedelta(hours=2)
            assert await reminding.order_due() == 2
            office.clock.now = DUE
            assert await reminding.order_due() == 0


async def test_a_reminder_is_tried_again_and_dropped_when_the_text_has_moved_on(tmp_path: Path) -> None:
    async with group_robot() as robot, house(tmp_path, robot_url=robot.url) as (office, reminding, notices):
        robot.errcode = 45009
        await reminding.order_due()
        await notices.send_waiting()
        assert await notices.send_waiting() == 0
        office.clock.passes(minutes=2)
        robot.errcode = 0
        await notices.send_waiting()
        assert len(robot.said) == 1
        async with office.database.transaction() as conn:
            now = await store.get(conn, 1)
            await acts.sign(conn, 1, 1, "fu", "approve", "", now.content_hash, office.clock())
        robot.errcode = -1
        await reminding.order_due()
        await notices.send_waiting()
        async with office.database.transaction() as conn:
            await acts.edit(conn, 1, now.content, "bian", office.clock())
            assert [one.state for one in await outbox.latest(conn, "notice", 9)] == ["waiting", "sent"]
        office.clock.passes(minutes=2)
        robot.errcode = 0
        await notices.send_waiting()
        assert len(robot.said) == 1
        async with office.database.snapshot() as conn:
            assert [one.state for one in await outbox.latest(conn, "notice", 9)] == ["stopped", "sent"]


async def test_the_administrator_sends_a_test_and_sees_what_became_of_it(tmp_path: Path) -> None:
    async with group_robot() as robot, house(tmp_path, robot_url=robot.url) as (office, _, notices):
        admin = await office.signed_in("guan", "admin")
        await admin.opens("/office/reminders")
        assert "还没有测试成功过" in admin.text
        robot.errcode = 93000
        await admin.sends("/office/reminders/test", {"way": "robot"})
        await notices.send_waiting()
        assert "企业微信不认这个机器人（93000）" in (await admin.opens("/office/reminders")).text
        assert robot.url not in admin.text
        robot.errcode = 0
        office.clock.passes(seconds=5)
        await admin.sends("/office/reminders/test", {"way": "robot"})
        await notices.send_waiting()
        assert "测试通过" in (await admin.opens("/office/reminders")).text
        await admin.sends("/office/reminders/test", {"way": "mail"})
        assert "还没有配置" in admin.text
        editor = await office.signed_in("bian", "editor")
        assert "请当面或打电话说一声" in (await editor.opens("/office/sends")).text
        assert (await editor.opens("/office/reminders")).status == 403
        await editor.opens("/office/me/email")
        await editor.sends("/office/me/email", {"email": "a b@example.com\r\nBcc: x"})
        assert editor.status == 400
        await editor.sends("/office/me/email", {"email": "bian@example.com"})
        assert "邮箱已存下" in editor.text


@pytest.mark.parametrize(
    ("answers", "words", "again"),
    [
        ({"AUTH": "535 no"}, "授权码", False),
        ({"RCPT": "550 who"}, "550", False),
        ({"RCPT": "450 later"}, "450", True),
        ({"MAIL": "421 busy"}, "421", True),
    ],
)
async def test_what_the_mail_server_says_is_said_in_words(
    answers: dict[str, str], words: str, again: bool
) -> None:
    async with mail_server() as post:
        post.answers = answers
        mailbox = Mailbox("127.0.0.1", post.port, "none", "office", "p", "office@example.com")
        with pytest.raises(NotSent) as refused:
            await mailbox.send(Letter("k", "fu@example.com", "题", "文"), "清河", START)
        assert words in refused.value.words
        assert refused.value.again == again
        assert post.letters == []


async def test_a_server_that_is_away_or_does_not_encrypt_gets_no_password() -> None:
    async with mail_server() as post:
        letter = Letter("k", "fu@example.com", "题", "文")
        plain = Mailbox("127.0.0.1", post.port, "starttls", "office", "p", "office@example.com")
        with pytest.raises(NotSent, match="不支持"):
            await plain.send(letter, "清河", START)
    with pytest.raises(NotSent, match="连不上"):
        await plain.send(letter, "清河", START)


@pytest.mark.parametrize(
    "given",
    [
        {"mail_host": "mail.example.com"},
        {"mail_from": "office"},
        {"mail_from": "a@b.c\r\nx: y"},
        {"mail_host": "m.example", "mail_from": "a@b.c", "mail_user": "a", "mail_security": "none"},
        {"robot_url": "qyapi.weixin.qq.com"},
    ],
)
def test_a_half_configured_way_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"mail_|robot|pattern"):
        Campaigns.model_validate(given)


@pytest.mark.parametrize(
    "address", ["x", "@example.com", "a@b", "a b@c.cn", "a@b.cn,c@d.cn", "王@b.cn", "a" * 130]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Problem):
        mail.clean_address(address)
    assert mail.clean_address(" a.b+c@example.com ") == "a.b+c@example.com"
