"""Subscription notices: only to those who agreed, in words the platform takes, settled by its own word."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import outbox
from bot.config import Config
from bot.pushes import runs, segments, subscriptions
from bot.pushes.runs import Arrived, Run
from bot.pushes.subscriptions import Said as Word
from bot.pushes.subscriptions import Template
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from bot.simulator.calling import Refused
from bot.simulator.earlier import NOTICE_TEMPLATES
from bot.simulator.notices import LIMITS, checked_words
from bot.web import campaign_desk, notice_desk
from content.festivals import SHANGHAI
from content.noticing import Field, Filling, Said, Unfit, fields_of, fill, refused, usual
from tests.connected_office import connected_office
from tests.office import DESKS, open_office, quick_database
from tests.walks.test_push import approved, state
from tests.wechat_samples import account
from tests.world import World

LONG, ONCE = (str(one["priTmplId"]) for one in NOTICE_TEMPLATES)
FIELDS = fields_of(str(NOTICE_TEMPLATES[0]["content"]))
SAID = Said("志愿者集合", "", datetime(2027, 3, 6, 9, 5, tzinfo=SHANGHAI), "清溪市文明办", "12345")
KINDS = sorted(LIMITS)


def test_a_template_is_read_and_filled_as_a_push_would_fill_it() -> None:
    assert FIELDS[0] == Field("thing1", "活动名称", "thing")
    assert fill(FIELDS, usual(FIELDS), SAID) == {
        "thing1": "志愿者集合",
        "thing2": "清溪市文明办",
        "time3": "2027年3月6日 09:05",
        "phone_number4": "12345",
        "phrase5": "请您留意",
    }
    with pytest.raises(Unfit, match="温馨提示”不能空着"):
        fill(FIELDS, {**usual(FIELDS), "phrase5": Filling("fixed")}, SAID)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.one_of(st.text(max_size=40), st.from_regex(r"[0-9.年月日: +-]{1,20}", fullmatch=True)),
)
def test_what_fits_is_taken_by_the_platform(kind: str, words: str) -> None:
    words = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "", words).strip()
    if not refused(kind, words):
        try:
            checked_words(f"{{{{{kind}1.DATA}}}}", {f"{kind}1": {"value": words}})
        except Refused as error:
            raise AssertionError((kind, words)) from error


async def chosen(world: World, template: str = LONG) -> None:
    """The office reads the account's templates and uses one."""
    listed = [
        Template(str(one["priTmplId"]), str(one["title"]), str(one["content"]), one["type"] == 3, {})
        for one in NOTICE_TEMPLATES
    ]
    async with world.database.transaction() as conn:
        await subscriptions.replace_all(conn, listed, world.clock())
        assert await subscriptions.choose(conn, template, world.clock())


async def run_of(world: World) -> Run:
    """The only run."""
    async with world.database.snapshot() as conn:
        found = await runs.get(conn, 1)
    assert found is not None
    return found


async def test_a_notice_reaches_those_who_agreed_once_and_the_platform_says_how_it_fared(
    each_world: World,
) -> None:
    world = each_world
    aunt, uncle, boy = [world.resident(name) for name in ("王阿姨", "李师傅", "小陈")]
    for one in (aunt, uncle, boy):
        await one.follow()
        world.simulator.notices.agree(one.openid, LONG)
    world.simulator.notices.refuse(boy.openid, LONG)
    await chosen(world)
    await world.simulator.tick()
    assert "活动开始提醒" in str(await aunt.say("我的数据"))
    assert "活动开始提醒" not in str(await boy.say("我的数据"))
    async with world.database.snapshot() as conn:
        template = await subscriptions.in_use(conn)
        assert template is not None
        audience = (await segments.audiences(conn, subscriptions.takers(template)))[""]
    assert (audience.size, audience.takers) == (3, 2)

    campaign = await approved(world, "周六清扫河道", "notice")
    world.clock.passes(hours=1)
    world.simulator.notices.lose_next(uncle.openid)
    await world.beat("due", "personal")
    run = await run_of(world)
    assert (run.channel, run.total, run.sent + run.failed) == ("notice", 2, 2)  # the platform may have told
    assert (await state(world, campaign)).state == "sent"
    await world.simulator.tick()
    run = await run_of(world)
    assert (run.sent, run.failed) == (1, 1)
    [sent] = world.simulator.notices.sent
    assert (sent.openid, sent.words["thing1"]) == (aunt.openid, "周六清扫河道")
    await world.beat("due", "personal")
    assert len(world.simulator.notices.sent) == 1
    assert not world.simulator.mass_effects


async def test_a_consent_that_is_gone_ends_here_and_a_single_one_is_spent_once(world: World) -> None:
    aunt, uncle = world.resident("王阿姨"), world.resident("李师傅")
    for one in (aunt, uncle):
        await one.follow()
        world.simulator.notices.agree(one.openid, ONCE)
    await world.simulator.tick()
    await chosen(world, ONCE)
    world.simulator.notices.forget_silently(uncle.openid, ONCE)
    await approved(world, "报名结果", "notice")
    world.clock.passes(hours=1)
    await world.beat("due", "personal")
    run = await run_of(world)
    assert (run.sent, run.closed) == (1, 1)
    async with world.database.snapshot() as conn:
        template = await subscriptions.in_use(conn)
        assert template is not None
        assert await subscriptions.count(conn, template) == 0
    world.simulator.notices.agree(aunt.openid, ONCE)
    await world.simulator.tick()
    assert "报名结果通知" in str(await aunt.say("我的数据"))
    erasure = Erasure(world.database, Journal(Path(world.config.privacy.erasure_journal)))
    await erasure.erase_resident(aunt.openid, world.clock())
    async with world.database.snapshot() as conn:
        assert await subscriptions.count(conn, template) == 0


async def test_without_a_template_nothing_leaves_and_the_desk_says_why(world: World) -> None:
    await world.resident("王阿姨").follow()
    await approved(world, "周六清扫河道", "notice")
    world.clock.passes(hours=1)
    await world.beat("due", "personal")
    run = await run_of(world)
    assert (run.state, run.sent) == ("held", 0)
    assert "还没有选定订阅通知的模板" in run.said
    async with world.database.snapshot() as conn:
        assert await outbox.waiting_for_people(conn) == ()


async def test_the_platforms_word_settles_what_nobody_knew_and_counts_once(world: World) -> None:
    await chosen(world)
    async with world.database.transaction() as conn:
        payload = {"text": "x", "template": LONG, "words": {}, "page": ""}
        until = world.clock()
        run = await runs.begin(conn, "k", "notice", "", payload, [1, 2, 3], until, world.clock())
        assert run is not None
        chunk = await runs.claim(conn, world.clock(), 60)
        assert chunk is not None
        await runs.take(conn, chunk, [1, 2, 3], [], world.clock())
        await runs.arrived(conn, [Arrived(3, LONG, True)])
        await runs.settle(conn, chunk, {"unknown": [1], "sent": [2, 3]}, [])
    for _ in range(2):
        async with world.database.transaction() as conn:
            there = [Arrived(1, LONG, True), Arrived(9, LONG, True)]
            await runs.arrived(conn, [Arrived(2, LONG, False), *there, Arrived(1, ONCE, False)])
    run = await run_of(world)
    assert (run.sent, run.failed, run.unknown) == (2, 1, 0)
    async with world.database.snapshot() as conn:
        assert await runs.tally(conn, 1) == {"sent": 2, "failed": 1}


async def test_words_in_the_settings_are_no_single_consent(world: World) -> None:
    await chosen(world, ONCE)
    async with world.database.transaction() as conn:
        await subscriptions.note(conn, [Word(1, ONCE, "keep"), Word(2, ONCE, "accept")], world.clock())
        template = await subscriptions.in_use(conn)
        assert template is not None
        assert await subscriptions.count(conn, template) == 1
        await subscriptions.note(conn, [Word(2, ONCE, "accept"), Word(2, ONCE, "reject")], world.clock())
        assert await subscriptions.count(conn, template) == 0


async def test_the_desk_reads_chooses_and_refuses_what_the_platform_would(tmp_path: Path) -> None:
    async with quick_database(tmp_path) as database, connected_office(database) as (office, simulator):
        admin = await office.signed_in("an", "admin")
        assert "还没有模板" in (await admin.opens(notice_desk.DESK)).text
        await admin.sends(f"{notice_desk.DESK}/read")
        assert "读到 2 个模板" in admin.text
        await admin.sends(f"{notice_desk.DESK}/choose", {"template": LONG})
        assert "长期订阅" in admin.text
        assert "清河县文明办" in admin.text
        filled = {f"source-{field.key}": "title" for field in FIELDS}
        await admin.sends(f"{notice_desk.DESK}/fields", {"template": LONG, **filled})
        assert (admin.status, "只能是时间" in admin.text) == (400, True)
        right = {f"source-{key}": one.source for key, one in usual(FIELDS).items()}
        right |= {"source-thing2": "fixed", "words-thing2": "清河志愿服务队", "words-phrase5": "风雨无阻"}
        await admin.sends(f"{notice_desk.DESK}/fields", {"template": LONG, **right})
        assert "清河志愿服务队" in admin.text
        await admin.sends(f"{notice_desk.DESK}/read")
        assert "清河志愿服务队" in admin.text
        simulator.faults.add("/wxaapi/newtmpl/gettemplate", "errcode:48001")
        await admin.sends(f"{notice_desk.DESK}/read")
        assert (admin.status, "没有读到模板" in admin.text) == (503, True)
    async with (
        quick_database(tmp_path) as database,
        connected_office(database, account={"kind": "subscription"}, kind="subscription") as (office, _),
    ):
        admin = await office.signed_in("bo", "admin")
        assert "这个公众号是订阅号" in (await admin.opens(notice_desk.DESK)).text


async def test_an_account_without_notices_is_not_offered_them(tmp_path: Path) -> None:
    for kind, offered in (("service", True), ("subscription", False)):
        config = Config(account=account(kind=kind))
        async with (
            quick_database(tmp_path) as database,
            open_office(database, config=config, desks=(*DESKS, campaign_desk.routes)) as office,
        ):
            editor = await office.signed_in(kind, "editor")
            await editor.opens("/office/campaigns/new")
            await editor.sends("/office/campaigns/new", {})
            assert editor.path.endswith("/edit")
            assert ('value="notice"' in editor.text) is offered
