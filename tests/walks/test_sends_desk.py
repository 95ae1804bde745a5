"""A running send at its desk: how far it is, paused, resumed and stopped by those who may, in words."""

from datetime import timedelta

from bot import outbox, residents
from bot.account.connection import note
from bot.account.connection_steps import CONFIRMATION
from bot.config import Config
from bot.database import Database
from bot.office.notices import Channels
from bot.outbox.entries import NewEntry
from bot.pushes import run_beginning, runs
from bot.pushes.confirming import Confirming, waiting
from bot.pushes.runs import Run
from bot.residents import Resident
from bot.web import campaign_desk, runs_desk, sends_desk
from tests.office import DESKS, Office, open_office
from tests.world import World

DESK = "/office/sends"
ROUTES = (*DESKS, sends_desk.routes, runs_desk.routes, campaign_desk.routes)
ACCOUNT = {
    "app_id": "wx0123456789abcdef",
    "original_id": "gh_0123456789ab",
    "secret": "s" * 32,
    "token": "pamphlet",
    "aes_keys": ["abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"],
}
CONFIG = Config.model_validate(
    {
        "office": {"name": "清河县文明办"},
        "account": ACCOUNT,
        "campaigns": {"robot_url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"},
    }
)


async def begun(office: Office, people: int = 3) -> Run:
    """A send to people who have just written."""
    now = office.clock()
    async with office.database.transaction() as conn:
        made = await residents.ensure(conn, [f"o{n}" for n in range(people)], iter(range(1, 99)).__next__)
        wrote = [
            Resident(one.id, one.openid, True, last_message_at=int(now.timestamp())) for one in made.values()
        ]
        await residents.save(conn, wrote)
        run = await run_beginning.begin(
            conn, "k", "", "【停水通知】\n明天停水", now + timedelta(hours=9), now
        )
    assert run is not None
    return run


async def test_a_running_send_is_paused_resumed_and_stopped(database: Database) -> None:
    async with open_office(database, config=CONFIG, desks=ROUTES, cards=campaign_desk.CARDS) as office:
        run = await begun(office)
        editor = await office.signed_in("bian", "editor")
        analyst = await office.signed_in("fen", "analyst")
        one = f"{DESK}/runs/{run.id}"
        await editor.opens(DESK)
        assert "停水通知" in editor.text
        assert "发送中" in editor.text
        assert (await analyst.sends(f"{one}/pause")).status == 403
        await editor.sends(f"{one}/pause")
        assert "已暂停" in editor.text
        assert (await editor.sends(f"{one}/pause")).status == 409
        await editor.opens(DESK)
        await editor.sends(f"{one}/resume")
        assert "继续发送" in editor.text
        await editor.opens(f"{one}/stop")
        assert "已经发出 0 人" in editor.text
        await editor.sends(f"{one}/stop")
        assert "其余 3 人不会再发" in editor.text
        assert (await editor.opens(f"{one}/stop")).status == 409
        assert (await editor.opens(f"{DESK}/runs/77/stop")).status == 404
        acts = [action for _, action, _ in await office.actions() if "逐个" in action]
        assert acts == ["暂停逐个发送", "继续逐个发送", "停止逐个发送"]


async def test_how_a_send_ended_is_seen_by_a_person_once(database: Database) -> None:
    async with open_office(database, config=CONFIG, desks=ROUTES, cards=campaign_desk.CARDS) as office:
        run = await begun(office)
        office.clock.now += timedelta(hours=10)
        async with office.database.transaction() as conn:
            await runs.end(conn, office.clock())
        editor = await office.signed_in("bian", "editor")
        assert "1 条" in (await editor.opens("/office")).text
        await editor.opens(DESK)
        assert "没有发完" in editor.text
        await editor.sends(f"{DESK}/runs/{run.id}/seen")
        assert "已知悉" in editor.text
        assert "没有待处理的发送" in editor.text


async def test_a_mass_send_counts_down_to_its_confirmation_and_reminds(database: Database) -> None:
    async with open_office(database, config=CONFIG, desks=ROUTES, cards=campaign_desk.CARDS) as office:
        now = office.clock()
        entry = NewEntry("m", "mass", {"title": "中秋"}, now, now + timedelta(hours=1))
        async with office.database.transaction() as conn:
            await outbox.add(conn, [entry], now)
            (taken,) = await outbox.claim(conn, now, 1, 60)
            await outbox.begin_call(conn, taken.id, taken.attempt, now)
            await outbox.accept(conn, taken.id, taken.attempt, "900", now)
        editor = await office.signed_in("bian", "editor")
        assert "等管理员确认" in (await editor.opens("/office")).text
        assert "还剩" in (await editor.opens(DESK)).text
        reminding = Confirming(office.database, CONFIG, Channels.of(CONFIG), lambda: office.clock())
        ordered = []
        for minutes in (0, 2, 3, 21, 22, 31):
            office.clock.now = now + timedelta(minutes=minutes)
            ordered.append(await reminding.order_due())
        assert ordered == [0, 1, 0, 1, 0, 0]
        office.clock.now = now + timedelta(minutes=1)
        async with office.database.transaction() as conn:
            await note(conn, ACCOUNT["app_id"], CONFIRMATION, now, "off")
            assert await waiting(conn, CONFIG, office.clock()) == ()


async def test_whoever_settles_an_unclear_send_sees_what_the_platform_knows(world: World) -> None:
    now = world.clock()
    async with world.database.transaction() as conn:
        await outbox.add(conn, [NewEntry("m", "mass", {"title": "中秋"}, now, now + timedelta(hours=1))], now)
        (taken,) = await outbox.claim(conn, now, 1, 60)
        await outbox.keep_draft(conn, taken.id, taken.attempt, "gone")
        await outbox.begin_call(conn, taken.id, taken.attempt, now)
        await outbox.settle(conn, taken.id, taken.attempt, "unknown", "", now)
    async with world.desk_of("bian", "editor") as editor:
        await editor.opens(DESK)
        assert f"{DESK}/{taken.id}/ask" in editor.text
        await editor.opens(f"{DESK}/{taken.id}/ask")
        assert "很可能已经发出" in editor.text
        assert (await editor.opens(f"{DESK}/99/ask")).status == 404
