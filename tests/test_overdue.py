"""An account that falls silent and questions that nobody answers are told before an inspection tells them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import Config
from bot.database import Database
from bot.inquiries import messages
from bot.inquiries.messages import Asked
from bot.office import staff_contacts
from bot.office.notices import Channels, Notices
from bot.outbox import platform_jobs
from bot.outbox.platform_jobs import Report
from bot.pushes.overdue_reminding import OverdueReminding, is_over
from content.festivals import SHANGHAI
from content.overdue import is_late, silence
from tests.mail_server import group_robot
from tests.office import Office, open_office, quick_database

SENT = datetime(2027, 2, 26, 23, 30, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("days", "words"),
    [(7, ""), (8, "到3月8日就满 10 天"), (9, "到3月8日"), (10, "已经 10 天"), (40, "已经 40 天")],
)
def test_a_silence_is_told_from_the_eighth_day_on(days: int, words: str) -> None:
    found = silence(SENT, (), SENT + timedelta(days=days))
    assert (found.days, found.is_too_long) == (days, days >= 8)
    assert words in found.words


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30 * 24), st.lists(st.integers(0, 40 * 24), max_size=3))
def test_what_goes_out_by_itself_in_time_is_enough(now: int, approved: list[int]) -> None:
    at = SENT + timedelta(hours=now)
    found = silence(SENT, [SENT + timedelta(hours=one) for one in approved], at)
    latest = max(SENT.date() + timedelta(days=10), at.date())
    helps = [one for one in approved if one >= now and (SENT + timedelta(hours=one)).date() <= latest]
    assert found.is_too_long is (found.days >= 8 and not helps)
    assert bool(found.words) is (found.days >= 8)


def test_two_days_are_two_times_24_hours() -> None:
    assert is_late(SENT, SENT + timedelta(days=2))
    assert not is_late(SENT, SENT + timedelta(days=2, seconds=-1))


async def sent(office: Office, number: str) -> None:
    """A push goes out from the console."""
    async with office.database.transaction() as conn:
        await platform_jobs.report(conn, number, Report("send success", {}), office.clock())


async def asks(database: Database, at: datetime) -> None:
    """A resident asks what nobody knows."""
    async with database.transaction() as conn:
        await messages.write(conn, [Asked(1, int(at.timestamp()), "图书馆几点开门", "unknown")])


async def test_the_group_hears_once_of_a_silence_and_once_a_day_of_late_messages(tmp_path: Path) -> None:
    async with group_robot() as robot, quick_database(tmp_path) as database:
        config = Config.model_validate(
            {"office": {"name": "清河县文明办"}, "campaigns": {"robot_url": robot.url}}
        )
        async with open_office(database, config=config) as office:
            editor = await office.person("bian", "editor")
            async with database.transaction() as conn:
                await staff_contacts.set_email(conn, editor.id, "bian@example.com")
            channels = Channels.of(config)
            work = OverdueReminding(database, config, channels, office.clock)
            notices = Notices(database, channels, office.clock, is_over)

            async def told() -> int:
                found = await work.order_due()
                await notices.send_waiting()
                return found

            assert await told() == 0
            await sent(office, "1")
            office.clock.passes(days=8)
            assert (await told(), await told()) == (1, 0)
            assert "8 天没有推送" in robot.said[0]
            office.clock.passes(days=1)
            assert await told() == 0

            await sent(office, "2")
            await asks(database, office.clock() - timedelta(days=2))
            await asks(database, office.clock() - timedelta(days=1, hours=23))
            assert (await told(), await told()) == (1, 0)
            assert "有 1 条居民留言等了 2 天以上" in robot.said[1]
            office.clock.passes(hours=2)
            assert await told() == 0
            office.clock.now = office.clock().replace(hour=23) + timedelta(days=1)
            assert await told() == 0
            office.clock.passes(hours=10)
            assert (await told(), await told()) == (1, 0)
            assert "有 2 条居民留言" in robot.said[2]

            office.clock.passes(days=8)
            await work.order_due()
            await sent(office, "3")
            await notices.send_waiting()
            assert len(robot.said) == 3
