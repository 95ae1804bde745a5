"""Campaigns in both databases: the walk over people, the race of two of them, and what becomes due."""

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import update

from bot.database import Database
from content import acts, remarking, reviews, store
from content.campaign import Campaign, Content, Refused
from content.checks import Quiet
from content.festivals import SHANGHAI
from content.templates import from_template

NOW = datetime(2027, 1, 20, 9, 0, tzinfo=SHANGHAI)
DUE = datetime(2027, 1, 30, 10, 0, tzinfo=SHANGHAI)
QUIET = Quiet(time(21), time(8))
TEXT = from_template("春节", 2027, "青禾县文明办", 120)


async def created(database: Database, content: Content = TEXT) -> Campaign:
    async with database.transaction() as conn:
        return await acts.create(conn, content, "alice", 2, NOW)


async def approved(database: Database, content: Content = TEXT) -> Campaign:
    campaign = await created(database, content)
    async with database.transaction() as conn:
        campaign = await acts.submit(conn, campaign.id, "alice", QUIET, NOW)
        for level, person in ((1, "bob"), (2, "carol")):
            campaign = await acts.sign(
                conn, campaign.id, level, person, "approve", "", campaign.content_hash, NOW
            )
    return campaign


async def test_a_campaign_walks_from_draft_to_approved(database: Database) -> None:
    campaign = await approved(database)
    async with database.snapshot() as conn:
        stored = await store.get(conn, campaign.id)
        history = await reviews.history(conn, campaign.id)
    assert stored == campaign
    assert stored.state == "approved"
    assert stored.is_fully_signed
    assert [(act.act, act.level, act.person) for act in history] == [
        ("create", 0, "alice"),
        ("submit", 0, "alice"),
        ("approve", 1, "bob"),
        ("approve", 2, "carol"),
    ]
    assert {act.content_hash for act in history} == {TEXT.hash}


async def test_an_edit_undoes_the_review_but_not_its_history(database: Database) -> None:
    campaign = await approved(database)
    async with database.transaction() as conn:
        edited = await acts.edit(conn, campaign.id, replace(TEXT, title="新标题"), "dave", NOW)
        submitted = await acts.submit(conn, campaign.id, "alice", QUIET, NOW)
        with pytest.raises(Refused) as refused:
            await acts.sign(conn, campaign.id, 1, "dave", "approve", "", submitted.content_hash, NOW)
    assert (edited.state, edited.signatures) == ("draft", ())
    assert refused.value.code == "writer"
    async with database.snapshot() as conn:
        assert (await store.get(conn, campaign.id)).signatures == ()
        assert [act.act for act in await reviews.history(conn, campaign.id)].count("approve") == 2


async def test_sent_back_with_its_reason_and_the_text_that_was_read(database: Database) -> None:
    campaign = await created(database)
    async with database.transaction() as conn:
        submitted = await acts.submit(conn, campaign.id, "alice", QUIET, NOW)
        back = await acts.sign(conn, campaign.id, 1, "bob", "reject", "缺来源", submitted.content_hash, NOW)
        await remarking.remark(conn, campaign.id, "alice", "已经补上", NOW)
        history = await reviews.history(conn, campaign.id)
    assert back.state == "draft"
    assert [(act.act, act.comment) for act in history[-2:]] == [("reject", "缺来源"), ("comment", "已经补上")]
    assert history[-2].content_hash == submitted.content_hash


async def test_a_blocking_finding_keeps_a_draft_from_the_reviewers(database: Database) -> None:
    campaign = await created(database, replace(TEXT, source=""))
    async with database.transaction() as conn:
        with pytest.raises(Refused) as refused:
            await acts.submit(conn, campaign.id, "alice", QUIET, NOW)
    assert refused.value.code == "checks"
    assert "来源" in refused.value.words


async def test_of_two_reviewers_at_once_one_is_told_to_look_again(database: Database) -> None:
    campaign = await created(database)
    async with database.transaction() as conn:
        campaign = await acts.submit(conn, campaign.id, "alice", QUIET, NOW)

    async def sign(person: str) -> str:
        async with database.transaction() as conn:
            try:
                await acts.sign(conn, campaign.id, 1, person, "approve", "", campaign.content_hash, NOW)
            except Refused as refused:
                return refused.code
        return "signed"

    outcomes = await asyncio.gather(sign("bob"), sign("carol"))
    assert sorted(outcomes) == ["changed", "signed"]
    async with database.snapshot() as conn:
        assert len((await store.get(conn, campaign.id)).signatures) == 1


async def test_due_once_for_any_number_of_replicas(database: Database) -> None:
    campaign = await approved(database)
    async with database.snapshot() as conn:
        assert not await store.is_anything_due(conn, DUE - timedelta(seconds=1))
        assert await store.is_anything_due(conn, DUE)

    async def beat() -> int:
        async with database.transaction() as conn:
            return len((await store.due(conn, DUE)).due)

    assert sum(await asyncio.gather(*(beat() for _ in range(4)))) == 1
    async with database.snapshot() as conn:
        assert (await store.get(conn, campaign.id)).state == "due"
        assert not await store.is_anything_due(conn, DUE)


async def test_too_late_is_missed_and_may_be_set_to_another_time(database: Database) -> None:
    campaign = await approved(database)
    late = DUE + timedelta(hours=3)
    async with database.transaction() as conn:
        found = await store.due(conn, late)
        assert [missed.id for missed in found.missed] == [campaign.id]
        assert found.due == found.failed == ()
        later = replace(TEXT, due_at=DUE + timedelta(days=1))
        edited = await acts.edit(conn, campaign.id, later, "alice", late)
    assert edited.state == "draft"


async def test_a_text_altered_behind_its_signatures_fails(database: Database) -> None:
    campaign = await approved(database)
    async with database.transaction() as conn:
        await conn.execute(
            update(store.campaigns).where(store.campaigns.c.id == campaign.id).values(body="别的话")
        )
        found = await store.due(conn, DUE)
    assert [failed.id for failed in found.failed] == [campaign.id]
    assert found.due == ()


async def test_settling_follows_the_states(database: Database) -> None:
    campaign = await approved(database)
    async with database.transaction() as conn:
        assert not await store.settle(conn, campaign.id, "sent", {}, DUE)
        await store.due(conn, DUE)
        assert await store.settle(conn, campaign.id, "sending", {}, DUE)
        assert await store.settle(conn, campaign.id, "unknown", {}, DUE)
        assert await store.settle(conn, campaign.id, "sent", {"sent": 5}, DUE)
        assert not await store.settle(conn, campaign.id, "failed", {}, DUE)
        stored = await store.get(conn, campaign.id)
    assert (stored.state, stored.counts) == ("sent", {"sent": 5})


async def test_stopping_and_listing(database: Database) -> None:
    first, second = await created(database), await created(database)
    async with database.transaction() as conn:
        stopped = await acts.stop(conn, first.id, "bob", "换了安排", NOW)
        assert stopped.state == "stopped"
        with pytest.raises(Refused):
            await acts.stop(conn, first.id, "bob", "再停一次", NOW)
        assert [found.id for found in await store.list_campaigns(conn)] == [second.id, first.id]
        assert [found.id for found in await store.list_campaigns(conn, ["stopped"])] == [first.id]
        with pytest.raises(Refused) as refused:
            await store.get(conn, 999)
        assert refused.value.code == "missing"


async def test_nobody_but_the_author_is_no_review(database: Database) -> None:
    async with database.transaction() as conn:
        with pytest.raises(ValueError, match="1 to 3"):
            await acts.create(conn, TEXT, "alice", 0, NOW)
