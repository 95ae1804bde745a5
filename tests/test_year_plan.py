"""The plan of a year as the command and the desk see it, from both databases."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bot import outbox, residents
from bot.config import Config
from bot.database import Database
from bot.outbox import platform_jobs
from bot.outbox.entries import NewEntry
from bot.outbox.platform_jobs import Report
from bot.pushes import ledger, subscriptions, year_plan
from bot.pushes.plan_document import plan_document
from bot.pushes.subscriptions import Said, Template
from content import acts, event_store
from content.events import Event, Weekly
from content.festivals import SHANGHAI
from content.planning import Step
from content.templates import from_template

NOW = datetime(2026, 12, 20, 9, tzinfo=SHANGHAI)
CLEANING = Event(0, "周末清洁", Weekly(5, 1, (3, 1), (4, 30)), "plain", "清洁家园", 0, "publish", "")


async def planned(database: Database, year: int = 2027) -> year_plan.YearPlan:
    async with database.snapshot() as conn:
        return await year_plan.load(conn, Config(), year, NOW)


async def test_a_year_without_anything_written_is_full_of_suggestions(database: Database) -> None:
    document = plan_document(await planned(database))
    assert json.loads(json.dumps(document)) == document
    channels = {one["title"]: one["channel"] for one in document["pushes"]}
    assert channels["春节"] == "mass"
    assert channels["世界读书日"] == "publish"
    assert all(one["why"] and one["state"] == "suggested" for one in document["pushes"])
    assert all(one["mass"] <= one["limit"] == 4 for one in document["months"])
    assert document["holidays"]["note"] == "尚未公布"


async def test_what_is_written_takes_the_place_of_the_suggestion(database: Database) -> None:
    text = from_template("清明", 2027, "清溪市文明办", 120)
    async with database.transaction() as conn:
        campaign = await acts.create(conn, text, "alice", 2, NOW)
    plan = await planned(database)
    [step] = [step for step in plan.steps if "清明" in step.push.title or step.push.key.startswith("c")]
    assert plan.of(step.push.key) == campaign
    assert (step.push.day, step.at) == (date(2027, 4, 5), text.due_at)
    async with database.transaction() as conn:
        await acts.stop(conn, campaign.id, "alice", "", NOW)
    assert any(step.push.title == "清明" for step in (await planned(database)).steps)


async def test_the_offices_own_days_are_in_the_plan(database: Database) -> None:
    async with database.transaction() as conn:
        event_id = await event_store.add(conn, CLEANING, "alice", NOW)
    plan = await planned(database)
    mine = [entry for entry in plan.entries if entry.event == event_id]
    assert len(mine) == 8
    assert {step.channel for step in plan.steps if step.push.title == "周末清洁"} == {"publish"}


async def test_a_reminder_goes_as_a_notice_to_those_who_agreed_and_the_reason_is_told(
    database: Database,
) -> None:
    template = Template("t1", "活动开始提醒", "活动名称:{{thing1.DATA}}", True, {})
    ids = iter(range(1, 99))
    async with database.transaction() as conn:
        await event_store.add(conn, replace(CLEANING, wish="remind"), "alice", NOW)
        made = await residents.ensure(conn, ["o1", "o2"], lambda: next(ids))
        await residents.save(conn, [replace(one, following=True) for one in made.values()])
        await subscriptions.replace_all(conn, [template], NOW)
        await subscriptions.note(conn, [Said(1, "t1", "accept")], NOW)
    before = [one for one in (await planned(database)).steps if one.push.title == "周末清洁"]
    assert {one.channel for one in before} == {"publish"}
    async with database.transaction() as conn:
        await subscriptions.choose(conn, "t1", NOW)
    steps = [one for one in (await planned(database)).steps if one.push.title == "周末清洁"]
    assert {one.channel for one in steps} == {"notice"}
    assert "有 1 人同意长期接收" in steps[0].why


async def test_a_reminder_to_people_who_all_wrote_lately_is_a_message_to_each(database: Database) -> None:
    soon = (NOW + timedelta(days=1)).date()
    day = replace(CLEANING, wish="remind", rule=Weekly(soon.weekday(), 1, (12, 1), (12, 31)))
    wrote = {"o1": NOW - timedelta(hours=2), "o2": NOW - timedelta(hours=1)}
    ids = iter(range(1, 99))

    async def first_step(last: timedelta) -> Step:
        async with database.transaction() as conn:
            made = await residents.ensure(conn, list(wrote), lambda: next(ids))
            times = {openid: int((at - last).timestamp()) for openid, at in wrote.items()}
            people = [
                replace(one, following=True, last_message_at=times[openid]) for openid, one in made.items()
            ]
            await residents.save(conn, people)
        plan = await planned(database, 2026)
        return next(one for one in plan.steps if one.push.title == "周末清洁")

    async with database.transaction() as conn:
        await event_store.add(conn, day, "alice", NOW)
    step = await first_step(timedelta(0))
    assert (step.channel, step.push.audience.left) == ("custom", 5)
    assert "2 人，都在 48 小时内来过信" in step.why
    assert (await first_step(timedelta(hours=30))).channel == "publish"  # closed by the time it leaves
    assert (await first_step(timedelta(hours=46))).push.audience.open_until is None


async def test_of_two_who_change_a_day_the_second_looks_again(database: Database) -> None:
    async with database.transaction() as conn:
        event_id = await event_store.add(conn, CLEANING, "alice", NOW)
        with pytest.raises(event_store.Clash, match="换个名字"):
            await event_store.add(conn, CLEANING, "bob", NOW)
    changed = replace(CLEANING, id=event_id, name="周末清洁日")
    async with database.transaction() as conn:
        await event_store.change(conn, changed, 1, "alice", NOW)
        with pytest.raises(event_store.Clash, match="刷新"):
            await event_store.change(conn, CLEANING, 1, "bob", NOW)
        with pytest.raises(event_store.Clash, match="刷新"):
            await event_store.remove(conn, event_id, 1)
        assert await event_store.get(conn, event_id) == event_store.Kept(changed, 2)
        await event_store.remove(conn, event_id, 2)
        assert await event_store.everything(conn) == ()


async def test_sends_made_in_the_console_use_the_months_quota(database: Database) -> None:
    at = datetime(2027, 3, 10, 9, tzinfo=SHANGHAI)
    entry = NewEntry("c1-x", "mass", {}, at, at + timedelta(hours=1))
    async with database.transaction() as conn:
        for number, status in (("1", "send success"), ("2", "sendsuccess"), ("3", "err(10001)")):
            await platform_jobs.report(conn, number, Report(status, {}), at + timedelta(days=int(number)))
        await outbox.add(conn, [entry], at)
        [claimed] = await outbox.claim(conn, at, 1, 60)
        await outbox.begin_call(conn, claimed.id, claimed.attempt, at)
        await outbox.accept(conn, claimed.id, claimed.attempt, "2", at)
    plan = await planned(database)
    assert plan.console == 1
    assert next(one.mass for one in plan.usages if one.month == 3) == 3


async def test_the_ledger_counts_what_was_asked_of_the_platform_and_the_console(database: Database) -> None:
    at = datetime(2027, 3, 10, 9, tzinfo=SHANGHAI)
    async with database.transaction() as conn:
        for number, audience in enumerate(("", "township:东镇", "township:西镇"), 1):
            payload = {"audience": audience}
            entry = NewEntry(f"c{number}-x", "mass", payload, at, at + timedelta(hours=1), campaign_id=number)
            await outbox.add(conn, [entry], at)
            [claimed] = await outbox.claim(conn, at, 1, 60)
            await outbox.begin_call(conn, claimed.id, claimed.attempt, at)
        waiting = NewEntry("c9-x", "mass", {}, at, at + timedelta(hours=1))
        await outbox.add(conn, [waiting], at)
        await platform_jobs.report(conn, "77", Report("send success", {}), at + timedelta(days=1))
    later = at + timedelta(days=5)
    async with database.snapshot() as conn:
        start, end = ledger.month_around(at)
        assert len(await ledger.mass_uses(conn, start, end)) == 4
        assert len(await ledger.mass_uses(conn, start, end, but_campaign=1)) == 3
        assert await ledger.mass_uses(conn, end, end + timedelta(days=31)) == ()
        # Of the four, a person in 东镇 may have got three: one more fits, for everybody none does.
        assert await ledger.objection(conn, "service", "township:东镇", later, 5) == ""
        assert "排满" in await ledger.objection(conn, "service", "", later, 5)
        assert await ledger.objection(conn, "service", "", later, 1) == ""
        assert "一天只能群发一次" in await ledger.objection(conn, "subscription", "", at, 5)
