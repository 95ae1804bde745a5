"""Forms that share a transaction: two of one person, a poisoned one, an end that comes first, a stop."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from multidict import MultiDict, MultiDictProxy

from bot import residents
from bot.database import Database
from bot.problems import Over, Unavailable
from bot.waves import links
from bot.waves.links import NewLink
from bot.web.page_turns import LinkUsed, PageTurns, Submission, Taken
from bot.web.visit import Form
from surveys import native, publishing, quotas, store, waves
from surveys.waves import Wave
from tests.office import START
from tests.test_quotas import TOML


class Poisoned(Form):
    """Breaks whoever reads it."""

    def texts(self, name: str, longest: int = 0) -> list[str]:
        raise ZeroDivisionError(name, longest)


@dataclass(frozen=True)
class Places:
    """What somebody else took."""

    wave_id: int
    quotas: Mapping[str, int]


def form(step: str, question: str = "", *answers: str) -> Form:
    """What a browser sends."""
    fields = MultiDict([("step", step), ("question", question), *(("answer", one) for one in answers)])
    return Form(MultiDictProxy(fields))


async def opened(database: Database, closes: timedelta | None = None) -> Wave:
    """A wave with quotas, and a link for each of three persons: "link0" to "link2"."""
    questionnaire = native.parse(TOML)
    numbers = iter(range(1, 10))
    async with database.transaction() as conn:
        made = await publishing.publish(conn, questionnaire, by="周", now=START)
        wave = await waves.open_wave(
            conn,
            questionnaire,
            made.version,
            "一",
            now=START,
            secret=b"k" * 32,
            closes=None if closes is None else START + closes,
        )
        people = await residents.ensure(conn, [f"o{n}" for n in range(3)], lambda: next(numbers))
        made_links = [NewLink(f"link{n}", wave.id, people[f"o{n}"].id) for n in range(3)]
        await links.add(conn, made_links, START)
    return wave


async def together(turns: PageTurns, *sent: tuple[str, str, Form]) -> Sequence[Taken | BaseException]:
    """What becomes of forms that wait together: (token, browser, form) each."""
    waiting = [asyncio.create_task(turns.take(Submission(*one))) for one in sent]
    await asyncio.sleep(0)
    turns.start()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    await turns.stop()
    return results


ALL = (("begin",), ("next", "age", "30"), ("next", "resident", "1"), ("next", "content", "2"))


async def test_a_whole_interview_in_one_batch_is_recorded_once(database: Database) -> None:
    wave = await opened(database)
    forms = [("link0", "mine", form(*one)) for one in (*ALL, ALL[-1], ("begin",))]
    results = await together(PageTurns(database, lambda: START), *forms, ("link0", "theirs", form("begin")))
    assert all(isinstance(one, Taken) for one in results[:-1])
    assert isinstance(results[-1], LinkUsed)
    async with database.snapshot() as conn:
        [only] = [one async for one in store.stream_interviews(conn, wave.id)]
        assert (await store.counts(conn, [wave.id]))[wave.id].drafts == 0
    assert only.answers == {"age": "30", "resident": "1", "content": "2"}


async def test_who_is_declined_and_begins_anew_in_one_batch_has_a_draft(database: Database) -> None:
    wave = await opened(database)
    forms = [form("begin"), form("next", "age", "13"), form("begin")]
    results = await together(PageTurns(database, lambda: START), *(("link0", "mine", one) for one in forms))
    assert [isinstance(one, Taken) and bool(one.young) for one in results] == [False, True, False]
    again = await together(PageTurns(database, lambda: START), ("link0", "mine", form("next", "age", "30")))
    assert [isinstance(one, Taken) and one.draft is not None for one in again] == [True]
    async with database.snapshot() as conn:
        assert (await store.counts(conn, [wave.id]))[wave.id].drafts == 1


async def test_both_forms_of_who_loses_the_last_place_in_one_batch_are_told(database: Database) -> None:
    wave = await opened(database)
    last = form("next", "content", "2")
    old = [form("begin"), form("next", "age", "61"), form("next", "resident", "1")]
    turns = PageTurns(database, lambda: START)
    await together(turns, *(("link0", "a", one) for one in old), *(("link1", "b", one) for one in old))
    async with database.transaction() as conn:
        await quotas.admit(conn, [Places(wave.id, {"old": 3}), Places(wave.id, {"old": 3})])
        person = await residents.find(conn, "o1")
        assert person is not None
        await residents.save(conn, [replace(person, waiting="图书馆几点关门")])
    both = ("link0", "a", last), ("link1", "b", last), ("link1", "b", last), ("link0", "a", last)
    results = await together(PageTurns(database, lambda: START), *both)
    assert [isinstance(one, Taken) and one.full for one in results] == [False, True, True, False]
    assert [isinstance(one, Taken) and one.waiting for one in results[1:3]] == ["图书馆几点关门"] * 2
    async with database.snapshot() as conn:
        assert (await store.counts(conn, [wave.id]))[wave.id].complete == 1


async def test_a_poisoned_form_fails_alone(database: Database) -> None:
    wave = await opened(database)
    poisoned = ("link1", "b", Poisoned(MultiDictProxy(MultiDict())))
    others = [(f"link{n}", "b", form("begin")) for n in (0, 2)]
    results = await together(PageTurns(database, lambda: START), others[0], poisoned, others[1])
    assert [type(one) for one in results] == [Taken, ZeroDivisionError, Taken]
    async with database.snapshot() as conn:
        assert (await store.counts(conn, [wave.id]))[wave.id].drafts == 2


async def test_the_end_that_comes_while_a_form_waits_is_told(database: Database) -> None:
    wave = await opened(database, closes=timedelta(minutes=1))
    begun = await together(PageTurns(database, lambda: START), ("link0", "b", form("begin")))
    assert isinstance(begun[0], Taken)
    late = PageTurns(database, lambda: START + timedelta(minutes=1))
    results = await together(late, ("link0", "b", form("next", "age", "30")), ("link1", "b", form("begin")))
    assert [type(one) for one in results] == [Over, Over]
    async with database.snapshot() as conn:
        assert (await store.counts(conn, [wave.id]))[wave.id].drafts == 1


async def test_forms_that_wait_at_a_stop_are_taken_and_later_ones_are_told(database: Database) -> None:
    wave = await opened(database)
    turns = PageTurns(database, lambda: START)
    taken = asyncio.create_task(turns.take(Submission("link0", "b", form("begin"))))
    await asyncio.sleep(0)
    turns.start()
    await turns.stop()
    assert isinstance(await taken, Taken)
    with pytest.raises(Unavailable, match="还没有保存"):
        await turns.take(Submission("link1", "b", form("begin")))
    async with database.snapshot() as conn:
        assert (await store.counts(conn, [wave.id]))[wave.id].drafts == 1
