"""The outbox on both databases: one row a key, disjoint claims, fencing, and who may come first."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot import outbox
from bot.database import Database
from bot.outbox.entries import Entry, NewEntry
from bot.problems import Conflict
from content.festivals import SHANGHAI

NOW = datetime(2027, 1, 30, 10, 0, tzinfo=SHANGHAI)
MASS = NewEntry("c1-abc", "mass", {"title": "春节"}, NOW, NOW + timedelta(hours=2), campaign_id=1)
CUSTOM = NewEntry("m1", "custom", {"text": "您好"}, NOW, NOW + timedelta(hours=1), resident=5)
LEASE = 180


def at(**later: int) -> datetime:
    return NOW + timedelta(**later)


async def add(database: Database, *entries: NewEntry) -> int:
    async with database.transaction() as conn:
        return await outbox.add(conn, entries, NOW)


async def claim(database: Database, now: datetime = NOW, limit: int = 10) -> tuple[Entry, ...]:
    async with database.transaction() as conn:
        return await outbox.claim(conn, now, limit, LEASE)


async def test_a_key_makes_one_row(database: Database) -> None:
    assert await add(database, MASS, MASS) == 1
    assert await add(database, replace(MASS, payload={"title": "别的"}), CUSTOM) == 1
    assert await add(database) == 0
    claimed = await claim(database)
    assert [(entry.key, dict(entry.payload)) for entry in claimed] == [
        ("c1-abc", {"title": "春节"}),
        ("m1", {"text": "您好"}),
    ]


@pytest.mark.parametrize("key", ["", "x" * 65, "春" * 22])
async def test_a_key_fits_the_platform(database: Database, key: str) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        await add(database, replace(MASS, key=key))


async def test_two_claimers_at_once_get_disjoint_rows(database: Database) -> None:
    await add(database, *(replace(CUSTOM, key=f"m{n}") for n in range(30)))
    claims = await asyncio.gather(*(claim(database, limit=6) for _ in range(6)))
    taken = [entry.id for claimed in claims for entry in claimed]
    assert len(taken) == len(set(taken)) == 30


async def test_nothing_is_claimed_before_its_time_or_after_its_end(database: Database) -> None:
    await add(database, MASS)
    assert await claim(database, at(seconds=-1)) == ()
    assert await claim(database, at(hours=2, seconds=1)) == ()
    async with database.snapshot() as conn:
        assert not await outbox.has_work(conn, at(seconds=-1))
        assert await outbox.has_work(conn, NOW)
    async with database.transaction() as conn:
        [missed] = await outbox.expire(conn, at(hours=2, seconds=1))
    assert missed.state == "missed"


async def test_a_stale_claimer_settles_nothing(database: Database) -> None:
    await add(database, MASS)
    [first] = await claim(database)
    assert await claim(database, at(seconds=LEASE)) == ()
    later = at(seconds=LEASE + 1)
    [second] = await claim(database, later)
    assert (second.id, second.attempt) == (first.id, first.attempt + 1)
    async with database.transaction() as conn:
        assert not await outbox.keep_draft(conn, first.id, first.attempt, "stale")
        assert await outbox.begin_call(conn, first.id, first.attempt, later) is None
        assert await outbox.accept(conn, first.id, first.attempt, "900", later) is None
        assert await outbox.settle(conn, first.id, first.attempt, "failed", "", later) is None
        assert not await outbox.release(conn, first.id, first.attempt, later, "", uncalled=False)
        assert await outbox.keep_draft(conn, second.id, second.attempt, "draft-1")
        began = await outbox.begin_call(conn, second.id, second.attempt, later)
    assert began is not None
    assert (began.media_id, began.called_at) == ("draft-1", int(later.timestamp()))


async def test_a_customer_message_is_claimed_once_and_then_unknown(database: Database) -> None:
    await add(database, CUSTOM)
    await claim(database)
    later = at(seconds=LEASE + 1)
    assert await claim(database, later) == ()
    async with database.transaction() as conn:
        [lost] = await outbox.expire(conn, later)
        assert await outbox.expire(conn, later) == ()
    assert lost.state == "unknown"
    assert await claim(database, later) == ()


async def test_an_unclear_push_is_repeated_only_in_time(database: Database) -> None:
    await add(database, MASS)
    [entry] = await claim(database)
    async with database.transaction() as conn:
        await outbox.begin_call(conn, entry.id, entry.attempt, NOW)
        await outbox.release(conn, entry.id, entry.attempt, at(seconds=30), "忙", uncalled=False)
    [again] = await claim(database, at(minutes=1))
    assert (again.called_at, again.error) == (int(NOW.timestamp()), "忙")
    async with database.transaction() as conn:
        [unclear] = await outbox.expire(conn, at(hours=2, seconds=1))
    assert unclear.state == "unknown"


async def test_a_push_is_not_repeated_after_the_platforms_window(database: Database) -> None:
    await add(database, replace(MASS, expires_at=at(days=3)))
    [entry] = await claim(database)
    async with database.transaction() as conn:
        await outbox.begin_call(conn, entry.id, entry.attempt, NOW)
        await outbox.release(conn, entry.id, entry.attempt, at(hours=30), "忙", uncalled=False)
        [unclear] = await outbox.expire(conn, at(hours=23, seconds=1))
    assert unclear.state == "unknown"
    assert await claim(database, at(hours=31)) == ()


async def test_a_call_that_certainly_did_nothing_is_forgotten(database: Database) -> None:
    await add(database, MASS)
    [entry] = await claim(database)
    async with database.transaction() as conn:
        await outbox.begin_call(conn, entry.id, entry.attempt, NOW)
        await outbox.release(conn, entry.id, entry.attempt, at(minutes=1), "慢一点", uncalled=True)
        [missed] = await outbox.expire(conn, at(hours=3))
    assert (missed.state, missed.called_at) == ("missed", None)


async def accepted(database: Database, msg_id: str = "900") -> Entry | None:
    await add(database, MASS)
    [entry] = await claim(database)
    async with database.transaction() as conn:
        await outbox.begin_call(conn, entry.id, entry.attempt, NOW)
        return await outbox.accept(conn, entry.id, entry.attempt, msg_id, NOW)


async def report(database: Database, status: str, msg_id: str = "900") -> Entry | None:
    async with database.transaction() as conn:
        return await outbox.settle_by_message(conn, msg_id, status, {"total": 9, "sent": 8}, NOW)


async def test_the_finish_event_after_the_answer(database: Database) -> None:
    entry = await accepted(database)
    assert entry is not None
    assert (entry.state, entry.msg_id) == ("accepted", "900")
    done = await report(database, "send success")
    assert done is not None
    assert (done.state, done.counts) == ("sent", {"total": 9, "sent": 8})
    assert await report(database, "send success") is None
    assert await report(database, "send fail") is None


@pytest.mark.parametrize(("status", "state"), [("sendsuccess", "sent"), ("err(10001)", "failed")])
async def test_the_finish_event_before_the_answer(database: Database, status: str, state: str) -> None:
    assert await report(database, status) is None
    entry = await accepted(database)
    assert entry is not None
    assert (entry.state, entry.counts) == (state, {"total": 9, "sent": 8})


async def test_answer_and_finish_event_at_the_same_time(database: Database) -> None:
    for n in range(8):
        msg_id = str(n)
        await add(database, replace(MASS, key=f"c{n}", campaign_id=n))
        [entry] = await claim(database)

        async def accept(entry: Entry = entry, msg_id: str = msg_id) -> None:
            async with database.transaction() as conn:
                await outbox.accept(conn, entry.id, entry.attempt, msg_id, NOW)

        await asyncio.gather(accept(), report(database, "send success", msg_id))
    async with database.snapshot() as conn:
        assert await outbox.states(conn) == {"sent": 8}


async def test_a_late_event_settles_what_a_person_has_not(database: Database) -> None:
    await accepted(database)
    async with database.transaction() as conn:
        [lost] = await outbox.expire(conn, at(hours=24, seconds=1))
    assert lost.state == "unknown"
    done = await report(database, "send success")
    assert done is not None
    assert done.state == "sent"


async def test_polls_are_given_to_one_caller_per_period(database: Database) -> None:
    await accepted(database)

    async def poll(now: datetime) -> int:
        async with database.transaction() as conn:
            return len(await outbox.claim_polls(conn, now, 10, 600))

    assert await poll(at(seconds=599)) == 0
    assert sum(await asyncio.gather(*(poll(at(seconds=600)) for _ in range(3)))) == 1
    assert await poll(at(seconds=1199)) == 0
    assert await poll(at(seconds=1200)) == 1


async def test_stopping_works_until_the_platform_was_asked(database: Database) -> None:
    await add(database, MASS)
    async with database.transaction() as conn:
        assert await outbox.stop(conn, 1, NOW) == ()
    assert await claim(database) == ()
    await add(database, replace(MASS, key="c2", campaign_id=2), replace(MASS, key="c3", campaign_id=3))
    claimed = {entry.campaign_id: entry for entry in await claim(database)}
    async with database.transaction() as conn:
        assert await outbox.stop(conn, 2, NOW) == ()
        assert await outbox.begin_call(conn, claimed[2].id, claimed[2].attempt, NOW) is None
        assert await outbox.begin_call(conn, claimed[3].id, claimed[3].attempt, NOW) is not None
        assert [entry.key for entry in await outbox.stop(conn, 3, NOW)] == ["c3"]
        await outbox.release(conn, claimed[3].id, claimed[3].attempt, NOW, "", uncalled=False)
        assert [entry.state for entry in await outbox.stop(conn, 3, NOW)] == ["unknown"]
        assert await outbox.stop(conn, 99, NOW) == ()


async def test_people_see_and_settle_what_went_wrong(database: Database) -> None:
    await add(database, CUSTOM, replace(MASS, due_at=at(seconds=1)))
    [custom] = await claim(database)
    async with database.transaction() as conn:
        await outbox.settle(conn, custom.id, custom.attempt, "failed", "对方已取消关注", NOW)
        await outbox.expire(conn, at(hours=3))
        first, second = await outbox.waiting_for_people(conn)
        assert (first.state, second.state) == ("failed", "missed")
        with pytest.raises(Conflict):
            await outbox.resolve(conn, first.id, "sent", "alice", NOW)
        await outbox.resolve(conn, first.id, "failed", "alice", NOW)
        await outbox.resolve(conn, second.id, "missed", "alice", NOW)
        with pytest.raises(Conflict):
            await outbox.resolve(conn, second.id, "missed", "bob", NOW)
        assert await outbox.waiting_for_people(conn) == ()


async def test_texts_are_forgotten_but_their_keys_stay(database: Database) -> None:
    await add(database, CUSTOM, replace(CUSTOM, key="m2", due_at=at(minutes=30)))
    [entry] = await claim(database)
    async with database.transaction() as conn:
        await outbox.settle(conn, entry.id, entry.attempt, "sent", "", NOW)
        assert await outbox.forget_texts(conn, at(seconds=1)) == 1
        assert await outbox.add(conn, [CUSTOM], NOW) == 0
    [waiting] = await claim(database, at(minutes=31))
    assert dict(waiting.payload) == {"text": "您好"}


async def test_an_erased_resident_gets_nothing_more(database: Database) -> None:
    await add(database, CUSTOM, MASS)
    async with database.transaction() as conn:
        await outbox.forget_resident(conn, 5)
    assert [entry.key for entry in await claim(database)] == ["c1-abc"]
