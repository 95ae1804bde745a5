"""Quotas hold whoever comes at the same moment, and turn away politely; who is outside is in no rate."""

import asyncio
from dataclasses import replace

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database
from bot.web.results_parts import parts
from surveys import native, publishing, quotas, results, store, waves
from surveys.questionnaire import Questionnaire
from surveys.store import Interview
from surveys.waves import Wave
from tests.office import START

TOML = """
id = "places"
title = "有名额的问卷"
consent = "只做合计。"

[screen]
inside = "age >= 18 and age <= 65 and resident = 1"

[[question]]
id = "age"
type = "number"
title = "您的年龄？"
unit = "岁"

[[question]]
id = "resident"
type = "single"
title = "您在本县住满半年了吗？"
options = [{code = "1", label = "住满"}, {code = "2", label = "没有"}]

[[question]]
id = "content"
type = "single"
title = "您满意吗？"
options = [
  {code = "1", label = "满意", polarity = "positive"},
  {code = "2", label = "不满意", polarity = "negative"},
]

[[quota]]
id = "old"
when = "age >= 60"
limit = 3

[[quota]]
id = "all"
limit = 6

[[indicator]]
id = "satisfaction"
question = "content"
"""


async def opened(database: Database) -> tuple[Wave, Questionnaire]:
    """The wave of a questionnaire with quotas."""
    questionnaire = native.parse(TOML)
    async with database.transaction() as conn:
        made = await publishing.publish(conn, questionnaire, by="周", now=START)
        wave = await waves.open_wave(conn, questionnaire, made.version, "名额", now=START, secret=b"k" * 32)
    return wave, questionnaire


def interview(wave: Wave, questionnaire: Questionnaire, number: int, age: int) -> Interview:
    """What one person answered."""
    answers = {"age": str(age), "resident": "1", "content": "1"}
    return Interview(
        wave.id,
        f"person{number}",
        1,
        answers,
        "chat",
        0,
        0,
        frame=questionnaire.frame(answers),
        quotas={quota.id: quota.limit for quota in questionnaire.quotas if quota.counts(answers)},
    )


async def test_no_number_of_people_at_once_takes_one_place_too_many(database: Database) -> None:
    wave, questionnaire = await opened(database)

    async def comes(number: int) -> set[store.Key]:
        given = [interview(wave, questionnaire, number * 2 + at, 70 if number % 2 else 30) for at in (0, 1)]
        async with database.transaction() as conn:
            return await store.record(conn, given)

    kept = await asyncio.gather(*(comes(number) for number in range(12)))
    async with database.transaction() as conn:
        recorded = [one async for one in store.stream_interviews(conn, wave.id)]
        assert len(recorded) == 6 == sum(len(keys) for keys in kept)
        old = sum(int(str(one.answers["age"])) >= 60 for one in recorded)
        taken = await quotas.places(conn, wave.id)
        assert (taken["old"][0], taken["all"][0]) == (old, 6)
        assert old <= 3
        assert taken["all"][1] + taken["old"][1] >= 18
        assert await quotas.full(conn, {wave.id: questionnaire}) == {
            wave.id: frozenset({"all"} | ({"old"} if old == 3 else set()))
        }
        await store.erase_wave(conn, wave.id)
        assert await quotas.places(conn, wave.id) == {}


async def test_the_first_two_of_a_quota_do_not_wait_for_each_other(database: Database) -> None:
    """One held the places of all and made those of the old; the other had made them and asked for both."""
    wave, questionnaire = await opened(database)
    async with database.transaction() as conn:
        await store.record(conn, [interview(wave, questionnaire, 0, 30)])

    async def comes() -> None:
        async with database.transaction() as conn:
            await store.record(conn, [interview(wave, questionnaire, 1, 70)])

    async with database.transaction() as conn:
        first = {"wave_id": wave.id, "quota": "old", "taken": 0, "turned_away": 0}
        await conn.execute(insert(quotas.quota_places), first)
        coming = asyncio.ensure_future(comes())
        while not database.is_sqlite and not await _somebody_waits(conn):  # noqa: ASYNC110
            await asyncio.sleep(0)
        await store.record(conn, [interview(wave, questionnaire, 2, 70)])
    await coming
    async with database.snapshot() as conn:
        assert await quotas.places(conn, wave.id) == {"old": (2, 0), "all": (3, 0)}


async def _somebody_waits(conn: AsyncConnection) -> bool:
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    return bool((await conn.exec_driver_sql(waiting)).scalar_one())


async def test_who_comes_twice_takes_one_place(database: Database) -> None:
    wave, questionnaire = await opened(database)
    one = interview(wave, questionnaire, 1, 70)
    async with database.transaction() as conn:
        assert await store.record(conn, [one]) == {(wave.id, "person1")}
        assert await store.record(conn, [one]) == set()
        assert await store.record(conn, [], [(wave.id, "old"), (wave.id, "old")]) == set()
        assert await quotas.places(conn, wave.id) == {"old": (1, 2), "all": (1, 0)}


async def test_who_is_outside_the_frame_is_counted_apart_and_in_no_other_rate(database: Database) -> None:
    wave, questionnaire = await opened(database)
    ages = [20, 30, 40, 50, 61, 70, 71, 72, 73, 74]
    given = [interview(wave, questionnaire, number, age) for number, age in enumerate(ages)]
    given = [replace(one, quotas={}, frame=questionnaire.frame(one.answers)) for one in given]
    given[9] = replace(given[9], answers={**given[9].answers, "content": "2"})
    async with database.transaction() as conn:
        await store.record(conn, given[:6])
        few = await results.wave_rates(conn, wave)
        await store.record(conn, given[6:])
        document = await results.wave_rates(conn, wave)
    assert few["outside"]["outside"] == 1
    assert [one["n"] for one in few["outside"]["rates"]] == [None, None]
    assert (document["outside"]["outside"], document["outside"]["unknown"]) == (5, 0)
    assert [one["n"] for one in document["rates"]] == [5, 5]
    assert [one["rate"] for one in document["rates"]] == [1.0, 1.0]
    assert [(one["n"], one["rate"]) for one in document["outside"]["rates"]] == [(5, 0.8), (5, 0.8)]
    assert "5 份来自调查范围之外的人" in document["population_note"]
    [shown] = [one for one in parts(questionnaire, document, 5) if one.heading == "调查范围之外的人"]
    assert [figure.rate for figure in shown.lines[0][1]] == ["100.0%", "80.0%"]
    [kept_back] = [one for one in parts(questionnaire, few, 5) if one.heading == "调查范围之外的人"]
    assert kept_back.lines == ()
    still_open = {**document, "outside": {**document["outside"], "rates": []}}
    [told] = [one for one in parts(questionnaire, still_open, 5) if one.heading == "调查范围之外的人"]
    assert (told.lines, "结束以后" in told.words) == ((), True)


def test_the_frame_is_known_once_its_questions_were_put() -> None:
    questionnaire = native.parse(TOML)
    assert questionnaire.frame({}) == "unknown"
    assert questionnaire.frame({"age": "17"}) == "unknown"
    assert questionnaire.frame({"age": "17", "resident": "1"}) == "outside"
    assert questionnaire.frame({"age": None, "resident": "1"}) == "outside"
    assert questionnaire.frame({"age": "18", "resident": "1"}) == "inside"
