"""Calls of a day: counted by all replicas together, never beyond what is granted, begun anew at midnight."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.account.metering import Metering
from bot.database import Database
from bot.web import calls_desk
from bot.wechat import calls
from bot.wechat.allowances import CUSTOM, DRAFT, MASS, Used, room
from bot.wechat.api import Platform
from bot.wechat.calls import Calls, Told
from bot.wechat.errors import ApiError, QuotaSpent
from tests.connected_office import connected_office
from tests.office import START, Clock, Office, quick_database

APP = "wx1"
MIDNIGHT = START.replace(hour=0) + timedelta(days=1)


def test_some_calls_are_kept_for_answers_to_one_resident() -> None:
    assert room(Used(CUSTOM, 0, 500_000)) == 495_000
    assert room(Used(CUSTOM, 850, 1_000)) == 50
    assert room(Used(CUSTOM, 950, 1_000)) == 0
    assert room(Used(DRAFT, 950, 1_000)) == 50
    assert room(Used("/cgi-bin/unheard/of", 9, None)) is None
    assert room(Used(CUSTOM, 10, 1_000, spent=True)) == 0


def test_scarce_is_less_than_a_tenth() -> None:
    assert [Used(MASS, used, 100).is_scarce for used in (0, 90, 91, 100)] == [False, False, True, True]
    assert not Used("/cgi-bin/unheard/of", 9, None).is_scarce
    assert Used("/cgi-bin/unheard/of", 9, None, spent=True).is_scarce


async def test_replicas_count_together_and_every_day_anew(database: Database) -> None:
    clock = Clock()
    one, other = (Calls(database, APP, clock) for _ in range(2))
    for _ in range(3):
        one.left(CUSTOM)
    other.left(CUSTOM)
    other.left("/cgi-bin/unheard/of")
    assert one.today(CUSTOM) == Used(CUSTOM, 3, 500_000)
    await one.flush()
    await other.flush()
    await one.flush()
    assert one.today(CUSTOM).used == other.today(CUSTOM).used == 4
    await one.learn(CUSTOM, Told(50, 30))
    other.left(CUSTOM)
    await other.flush()
    assert other.today(CUSTOM) == Used(CUSTOM, 31, 50)
    async with database.snapshot() as conn:
        assert [found.used for found in await calls.used_on(conn, APP, clock())] == [31, 1]
        assert await calls.used_on(conn, "wx2", clock()) == ()
        assert await calls.limit_of(conn, APP, CUSTOM) == 50
        assert await calls.limit_of(conn, APP, MASS) == 100

    other.refused(MASS)
    await other.flush()
    await one.flush()
    for replica in (one, other):
        with pytest.raises(ApiError) as refused:
            replica.check(MASS)
        assert refused.value.outcome == QuotaSpent(MIDNIGHT)
    async with database.snapshot() as conn:
        assert await calls.to_ask(conn, APP, clock(), 600) == [MASS]
    clock.now = MIDNIGHT - timedelta(seconds=1)
    one.left(MASS)
    clock.now = MIDNIGHT
    one.check(MASS)
    assert one.today(CUSTOM) == Used(CUSTOM, 0, 50)
    await one.flush()
    assert (one.today(MASS).used, one.today(CUSTOM)) == (0, Used(CUSTOM, 0, 50))
    clock.passes(days=calls.DAYS_KEPT + 2)
    async with database.transaction() as conn:
        assert await calls.forget_before(conn, clock()) == 3


async def test_what_could_not_be_stored_is_stored_later(tmp_path: Path) -> None:
    async with quick_database(tmp_path) as database:
        replica = Calls(database, APP, Clock())
        replica.left(CUSTOM)
        replica.refused(MASS)
        async with database.transaction() as conn:
            await conn.exec_driver_sql("ALTER TABLE api_calls RENAME TO hidden")
        with pytest.raises(Exception, match="no such table"):
            await replica.flush()
        async with database.transaction() as conn:
            await conn.exec_driver_sql("ALTER TABLE hidden RENAME TO api_calls")
        await replica.flush()
        assert replica.today(CUSTOM).used == 1
        with pytest.raises(ApiError):
            replica.check(MASS)


def platform_of(office: Office) -> Platform:
    """The platform as the service calls it."""
    assert office.service.platform is not None
    return office.service.platform


async def test_a_used_up_method_is_not_called_again_until_midnight(tmp_path: Path) -> None:
    async with quick_database(tmp_path) as database, connected_office(database) as (office, simulator):
        platform = platform_of(office)
        metering = Metering(database, platform, office.clock)
        simulator.quotas.limit("/cgi-bin/menu/create", daily=2)
        menu = {"button": [{"type": "click", "name": "规范", "key": "RULES"}]}

        async def publish() -> None:
            await platform.create_menu(menu)

        await publish()
        await publish()
        for _ in range(3):
            with pytest.raises(ApiError) as refused:
                await publish()
            assert refused.value.outcome == QuotaSpent(MIDNIGHT)
        assert simulator.quotas.used("/cgi-bin/menu/create") == 2
        assert sum(call.path == "/cgi-bin/menu/create" for call in simulator.calls) == 3
        assert await metering.run_due() == 2
        assert await metering.run_due() == 0
        await platform.calls.flush()
        assert platform.calls.today("/cgi-bin/menu/create") == Used("/cgi-bin/menu/create", 2, 2, spent=True)
        office.clock.now = MIDNIGHT
        await publish()
        assert simulator.quotas.used("/cgi-bin/menu/create") == 1


async def test_a_refusal_that_the_platform_does_not_stand_by_is_forgotten(tmp_path: Path) -> None:
    async with quick_database(tmp_path) as database, connected_office(database) as (office, simulator):
        platform = platform_of(office)
        simulator.faults.add("/cgi-bin/get_current_selfmenu_info", "errcode:45009")
        with pytest.raises(ApiError):
            await platform.get_selfmenu()
        with pytest.raises(ApiError):
            await platform.get_selfmenu()
        metering = Metering(database, platform, office.clock)
        simulator.faults.add("/cgi-bin/openapi/quota/get", "http500", times=2)
        assert await metering.run_due() == 0
        office.clock.passes(minutes=59)
        assert await metering.run_due() == 0
        office.clock.passes(minutes=2)
        assert await metering.run_due() > 0
        await platform.get_selfmenu()


async def test_the_desk_shows_what_is_left_and_lets_the_day_begin_anew(tmp_path: Path) -> None:
    async with quick_database(tmp_path) as database, connected_office(database) as (office, simulator):
        platform = platform_of(office)
        admin = await office.signed_in("an", "admin")
        assert "今天还没有用过" in (await admin.opens(calls_desk.DESK)).text
        simulator.quotas.limit("/cgi-bin/menu/delete", daily=1)
        await platform.delete_menu()
        with pytest.raises(ApiError):
            await platform.delete_menu()
        await platform.calls.flush()
        assert "用完了，0:00 恢复" in (await admin.opens(calls_desk.DESK)).text
        await admin.sends(f"{calls_desk.DESK}/ask")
        assert "已经问过微信" in admin.text
        assert "一个自然月只能清零 10 次" in (await admin.opens(f"{calls_desk.DESK}/clear")).text
        await admin.sends(f"{calls_desk.DESK}/clear")
        assert "已清零" in admin.text
        assert "用完了" not in admin.text
        await platform.delete_menu()
        simulator.faults.add("/cgi-bin/clear_quota", "errcode:48006")
        await admin.opens(f"{calls_desk.DESK}/clear")
        await admin.sends(f"{calls_desk.DESK}/clear")
        assert (admin.status, "这个月清零的次数" in admin.text) == (503, True)
