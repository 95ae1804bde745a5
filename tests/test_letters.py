"""A question is one person's, and the answer to it is kept until it has reached the resident."""

import asyncio
from datetime import timedelta

import pytest

from bot import outbox, residents
from bot.database import Database
from bot.inquiries import correspondence, handling, letters
from bot.inquiries.letters import QUOTA, Letter
from bot.inquiries.messages import Asked
from bot.problems import Conflict
from tests.office import START

NOW = int(START.timestamp())
HER, HIM = 11, 12


def letter(number: int, text: str) -> Letter:
    """One that waits."""
    return Letter(number, HER, text, "alice", NOW, "", None)


def test_letters_stand_before_the_reply_as_far_as_they_fit() -> None:
    short, long = letter(1, "可以。"), letter(2, "长" * 300)
    assert letters.beside("好", [short]) == ("可以。\n\n好", [short])
    assert letters.beside("好" * 400, [short, long]) == ("可以。\n\n" + "好" * 400, [short])
    assert letters.beside("好" * 682, [short]) == ("好" * 682, [])
    assert letters.beside("好", []) == ("好", [])


def test_the_longest_letter_leaves_room_for_a_reply() -> None:
    written = letters.worded("问" * 80, "答" * letters.LONGEST, "青禾县精神文明建设办公室")
    assert "问" * 30 + "…”" in written
    assert letters.beside("好" * 250, [letter(1, written)])[1]


async def test_of_two_people_one_takes_a_question(database: Database) -> None:
    later = START + timedelta(hours=5)
    async with database.transaction() as conn:
        await handling.claim(conn, {1: HER, 2: HIM}, "alice", START)
        await handling.claim(conn, {1: HER}, "alice", START)
    with pytest.raises(Conflict, match="alice 已经认领了"):
        async with database.transaction() as conn:
            await handling.claim(conn, {2: HIM, 3: HER}, "bob", START)
    async with database.transaction() as conn:
        assert set(await handling.of(conn, [1, 2, 4])) == {1, 2}
        assert len(await handling.latest(conn, "claimed", START)) == 2
        assert await handling.latest(conn, "claimed", later) == []
        await handling.claim(conn, {2: HIM}, "bob", later)
        with pytest.raises(Conflict, match="没有发出"):
            await handling.settle(conn, {2: 5}, "alice", "answered", later)
        assert await handling.release(conn, [1, 2], "alice") == 1
        await handling.settle(conn, {2: 5}, "bob", "answered", later)
        (done,) = await handling.latest(conn, "answered", later)
        assert (done.message_id, done.person, done.letter_id) == (2, "bob", 5)
        with pytest.raises(Conflict, match="bob 已经答复了"):
            await handling.claim(conn, {2: HIM}, "alice", later)
        assert not await handling.reopen(conn, 2)
        await handling.claim(conn, {1: HER}, "bob", later)
        await handling.settle(conn, {1: None}, "bob", "closed", later)
        assert await handling.reopen(conn, 1)
        await handling.forget_resident(conn, HIM)
        assert await handling.of(conn, [1, 2]) == {}


async def wrote(database: Database, openid: str, number: int) -> None:
    """A follower's message."""
    async with database.transaction() as conn:
        known = await residents.ensure(conn, [openid], lambda: number)
        person = residents.Resident(number, openid, following=True, last_message_at=NOW)
        assert known[openid].id == number
        await residents.save(conn, [person])


async def fates(database: Database) -> list[str]:
    """Where the letters are, in their order."""
    async with database.snapshot() as conn:
        found = await letters.undelivered(conn)
        states = await letters.statuses(conn, found)
        return [states[one.id].fate for one in found]


async def test_a_letter_leaves_once_and_comes_back_when_it_could_not(database: Database) -> None:
    await wrote(database, "o-her", HER)
    async with database.transaction() as conn:
        ids = [await letters.write(conn, who, "可以。", "alice", START) for who in (HER, HIM)]
        assert await letters.send(conn, ids, START) == ids[:1]
        assert list(await letters.owed(conn, [HER, HIM])) == [HIM]
    assert await fates(database) == ["leaving", "kept"]
    async with database.transaction() as conn:
        (entry,) = await outbox.claim(conn, START, 9, 60)
        assert entry.payload == {"text": "可以。"}
        await outbox.settle(conn, entry.id, entry.attempt, "unknown", "", START)
    assert await fates(database) == ["unknown", "kept"]
    async with database.transaction() as conn:
        assert await letters.owed(conn, [HER]) == {}
        await outbox.resolve(conn, entry.id, "failed", "alice", START)
        assert [one.id for one in (await letters.owed(conn, [HER]))[HER]] == ids[:1]
        await letters.give(conn, (await letters.owed(conn, [HER]))[HER], START)
        assert await letters.owed(conn, [HER]) == {}
        await letters.forget_resident(conn, HIM)
    assert await fates(database) == []


async def test_window_and_quota_are_kept(database: Database) -> None:
    await wrote(database, "o-her", HER)
    async with database.transaction() as conn:
        ids = [await letters.write(conn, HER, f"{n}", "alice", START) for n in range(QUOTA + 2)]
        assert await letters.send(conn, ids[:3], START) == ids[:3]
        assert await letters.send(conn, ids[3:], START) == ids[3:QUOTA]
        late = START + timedelta(hours=47)
        other = await letters.write(conn, HER, "late", "alice", late)
        assert await letters.send(conn, [other], late) == []
        assert [one.id for one in (await letters.owed(conn, [HER]))[HER]] == [*ids[QUOTA:], other]
        assert await letters.forget_before(conn, NOW + 1) == QUOTA + 2


async def test_two_who_claim_at_once_do_not_both_get_it(database: Database) -> None:
    async def claims(name: str, questions: dict[int, int]) -> str:
        try:
            async with database.transaction() as conn:
                await handling.claim(conn, questions, name, START)
        except Conflict:
            return ""
        return name

    both = await asyncio.gather(claims("alice", {1: HER, 2: HIM}), claims("bob", {2: HIM, 1: HER}))
    async with database.snapshot() as conn:
        held = await handling.of(conn, [1, 2])
    assert sorted(both)[0] == ""
    assert {one.person for one in held.values()} == {max(both)}
    assert len(held) == 2


async def test_who_may_not_write_first_is_read_with_the_next_message(database: Database) -> None:
    await wrote(database, "o-her", HER)
    async with database.transaction() as conn:
        await handling.claim(conn, {1: HER, 2: HER}, "alice", START)
        asked = [Asked(HER, NOW, "几点", "unknown", id=1), Asked(HER, NOW + 1, "几点开门", "unknown", id=2)]
        written = await correspondence.answer(
            conn, asked, "九点", office="某办", person="alice", sends=False, now=START
        )
        assert (written.residents, written.leaving) == (1, 0)
        (kept,) = (await letters.owed(conn, [HER]))[HER]
        assert kept.text == "您问过“几点开门”，某办答复您：\n九点"
        assert {one.letter_id for one in (await handling.of(conn, [1, 2])).values()} == {kept.id}
        with pytest.raises(Conflict, match="已经不在了"):
            await correspondence.answer(conn, [], "九点", office="", person="alice", sends=False, now=START)
