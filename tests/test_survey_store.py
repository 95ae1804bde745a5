"""Publishing, waves, drafts, interviews and the closing of a wave, on SQLite and PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Database
from surveys.days import merge_days
from surveys.native import parse
from surveys.publishing import get_questionnaire, list_questionnaires, publish
from surveys.store import (
    Draft,
    Interview,
    answered,
    close_wave,
    counts,
    discard_drafts,
    erase,
    erase_wave,
    load_drafts,
    record,
    save_drafts,
    stream_interviews,
)
from surveys.terms import Terms
from surveys.waves import Wave, WaveExists, find_wave, get_wave, list_waves, open_wave, open_waves

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
NOON = datetime(2027, 2, 6, 12, 0, tzinfo=SHANGHAI)
SECRET = bytes(range(32))

SMALL = """
id = "small"
title = "小问卷"
consent = "匿名。"
[[question]]
id = "q1"
type = "single"
title = "您满意吗？"
metric = "satisfaction"
options = [
  {code = "1", label = "满意", polarity = "positive"},
  {code = "2", label = "不满意", polarity = "negative"},
]
[[indicator]]
id = "satisfaction"
question = "q1"
"""
QUESTIONNAIRE = parse(SMALL)


async def opened(conn: AsyncConnection, name: str = "2027春", secret: bytes = SECRET) -> Wave:
    version = (await publish(conn, QUESTIONNAIRE, by="小李", now=NOON)).version
    return await open_wave(conn, QUESTIONNAIRE, version, name, now=NOON, secret=secret)


def interview(wave: Wave, respondent: str, *, at: datetime = NOON, code: str = "1") -> Interview:
    moment = int(at.timestamp())
    return Interview(wave.id, respondent, wave.version, {"q1": code}, "chat", moment - 60, moment)


def draft(wave: Wave, respondent: str, answers: dict[str, str | list[str] | None] | None = None) -> Draft:
    moment = int(NOON.timestamp())
    return Draft(wave.id, respondent, {"q1": "1"} if answers is None else answers, "chat", moment, moment)


async def all_of(conn: AsyncConnection, wave: Wave) -> list[Interview]:
    return [row async for row in stream_interviews(conn, wave.id)]


async def test_the_same_content_is_published_once(database: Database) -> None:
    changed = parse(SMALL.replace("小问卷", "新问卷"))
    async with database.transaction() as conn:
        first = await publish(conn, QUESTIONNAIRE, by="小李", now=NOON)
        second = await publish(conn, changed, by="小李", now=NOON)
        again = await publish(conn, QUESTIONNAIRE, by="小王", now=NOON + timedelta(days=1))
    assert (first.version, second.version) == (1, 2)
    assert again == first
    async with database.snapshot() as conn:
        assert await get_questionnaire(conn, "small") == (changed, 2)
        assert await get_questionnaire(conn, "small", 1) == (QUESTIONNAIRE, 1)
        assert await get_questionnaire(conn, "absent") is None
        assert [(one.version, one.title) for one in await list_questionnaires(conn)] == [
            (1, "小问卷"),
            (2, "新问卷"),
        ]


async def test_a_wave_is_open_between_its_times(database: Database) -> None:
    async with database.transaction() as conn:
        now_open = await opened(conn)
        later = await open_wave(
            conn,
            QUESTIONNAIRE,
            1,
            "later",
            now=NOON,
            secret=SECRET,
            terms=Terms(kind="mock"),
            opens=NOON + timedelta(days=1),
            closes=NOON + timedelta(days=2),
        )
        for days, expected in ((0, [now_open.id]), (1, [now_open.id, later.id]), (2, [now_open.id])):
            moment = NOON + timedelta(days=days)
            assert [wave.id for wave in await open_waves(conn, moment)] == expected
            assert later.takes_answers(moment) == (later.id in expected)
        assert await find_wave(conn, "later") == later == await get_wave(conn, later.id)
        assert await find_wave(conn, "never") is None
        assert [wave.name for wave in await list_waves(conn)] == ["later", "2027春"]


async def test_a_wave_needs_a_free_name_and_an_end_after_its_beginning(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await opened(conn)
        with pytest.raises(WaveExists, match="2027春"):
            await opened(conn)
        with pytest.raises(ValueError, match="结束"):
            await open_wave(conn, QUESTIONNAIRE, 1, "x", now=NOON, secret=SECRET, closes=NOON)
    assert "satisfaction" in wave.sealed
    assert len(wave.sealed_hash) == 64
    assert str(SECRET) not in repr(wave)


async def test_of_two_changes_of_one_draft_the_second_is_told(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await opened(conn)
        assert await save_drafts(conn, [draft(wave, "aunt"), draft(wave, "uncle")]) == set()
        key = (wave.id, "aunt")
        loaded = (await load_drafts(conn, [key, (wave.id, "nobody")]))[key]
        assert loaded == replace(draft(wave, "aunt"), revision=1)
        assert await save_drafts(conn, [replace(loaded, answers={"q1": "2"}, state="paused")]) == set()
        assert await save_drafts(conn, [loaded, draft(wave, "child")]) == {key}
        assert await save_drafts(conn, [draft(wave, "uncle")]) == {(wave.id, "uncle")}
        now = (await load_drafts(conn, [key], for_update=True))[key]
        assert (now.answers, now.state, now.revision) == ({"q1": "2"}, "paused", 2)
        await discard_drafts(conn, [key])
        await discard_drafts(conn, [])
        assert await load_drafts(conn, [key]) == {} == await load_drafts(conn, [])
        assert (await counts(conn, [wave.id]))[wave.id].drafts == 2


async def test_an_interview_is_recorded_once(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await opened(conn)
        both = [interview(wave, "aunt"), interview(wave, "uncle")]
        assert await record(conn, both) == {(wave.id, "aunt"), (wave.id, "uncle")}
        assert await record(conn, [interview(wave, "aunt", code="2"), interview(wave, "child")]) == {
            (wave.id, "child")
        }
        keys = [(wave.id, "aunt"), (wave.id, "stranger")]
        assert await answered(conn, keys) == {(wave.id, "aunt")}
        assert await answered(conn, []) == set() == await record(conn, [])
        kept = await all_of(conn, wave)
    assert [(one.respondent, one.answers) for one in kept] == [
        ("aunt", {"q1": "1"}),
        ("child", {"q1": "1"}),
        ("uncle", {"q1": "1"}),
    ]
    assert kept[0] == replace(both[0], id=kept[0].id, flags=[])


async def test_a_key_that_looks_like_a_row_number_is_refused(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await opened(conn)
        with pytest.raises(ValueError, match="#"):
            await record(conn, [interview(wave, "#1")])


async def test_an_erased_respondent_may_answer_again(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await opened(conn)
        await record(conn, [interview(wave, "aunt"), interview(wave, "uncle")])
        await save_drafts(conn, [draft(wave, "aunt")])
        assert await erase(conn, wave.id, "aunt") == 2
        assert await erase(conn, wave.id, "aunt") == 0
        assert await record(conn, [interview(wave, "aunt")]) == {(wave.id, "aunt")}
        assert await erase_wave(conn, wave.id) == 2
        assert await all_of(conn, wave) == []


async def test_a_closed_wave_takes_no_answer(database: Database) -> None:
    async with database.transaction() as conn:
        wave, other = await opened(conn), await opened(conn, "other")
        assert await close_wave(conn, wave, NOON)
        assert not await close_wave(conn, wave, NOON)
        assert await record(conn, [interview(wave, "aunt"), interview(other, "aunt")]) == {(other.id, "aunt")}
        assert await save_drafts(conn, [draft(wave, "aunt")]) == {(wave.id, "aunt")}
        assert await open_waves(conn, NOON) == [other]


async def test_after_closing_neither_secret_nor_time_nor_order_is_left(database: Database) -> None:
    secret = b"\xfeSECRET-OF-THE-WAVE-32-BYTES-LONG"[:32]
    names = [f"{(number * 37) % 101:02x}key" for number in range(40)]
    async with database.transaction() as conn:
        wave, other = await opened(conn, secret=secret), await opened(conn, "other")
        given = [
            interview(wave, name, at=NOON + timedelta(minutes=7 * number), code="1" if number < 20 else "2")
            for number, name in enumerate(names)
        ]
        await record(conn, [replace(one, flags=["fast"]) for one in given])
        await record(conn, [interview(other, "aunt")])
        await save_drafts(conn, [draft(wave, "half"), draft(wave, "empty", {}), draft(wave, names[0])])
        before = await all_of(conn, other)
        assert await close_wave(conn, wave, NOON + timedelta(days=9))
    async with database.snapshot() as conn:
        kept = await all_of(conn, wave)
        closed = await get_wave(conn, wave.id)
        assert await all_of(conn, other) == before
        assert (await counts(conn, [wave.id]))[wave.id] == type((await counts(conn, [1]))[1])(40, 1, 0)
        stored = str((await conn.execute(text("SELECT * FROM interviews"))).all())
        stored += str((await conn.execute(text("SELECT * FROM waves"))).all())
    assert closed is not None
    assert (closed.state, closed.secret) == ("closed", None)
    assert {(one.started_at + 28800) % 86400 for one in kept} == {0}
    assert {(one.submitted_at + 28800) % 86400 for one in kept} == {0}
    in_order_of_keys = sorted([*given, interview(wave, "half")], key=lambda one: one.respondent)
    by_number = {one.respondent: one.answers for one in kept}
    in_order_of_rows = sorted(kept, key=lambda one: one.id)
    assert [one.respondent for one in in_order_of_rows] == [f"#{number}" for number in range(1, 42)]
    assert by_number == {f"#{number}": one.answers for number, one in enumerate(in_order_of_keys, 1)}
    assert sorted({one.status for one in kept}) == ["complete", "partial"]
    assert "SECRET" not in stored
    assert "key" not in stored
    await database.close()
    for file in database.file.parent.iterdir() if database.file else []:
        assert secret not in file.read_bytes()
        assert names[7].encode() not in file.read_bytes()


async def test_an_answer_that_comes_during_the_closing_is_anonymised_too(database: Database) -> None:
    async def close() -> bool:
        async with database.transaction() as conn:
            return await close_wave(conn, wave, NOON)

    async with database.transaction() as conn:
        wave = await opened(conn)
    async with database.transaction() as conn:
        await record(conn, [interview(wave, "early")])
        closing = asyncio.create_task(close())
        await record(conn, [interview(wave, "late")])
    assert await closing
    async with database.snapshot() as conn:
        assert {one.respondent for one in await all_of(conn, wave)} == {"#1", "#2"}


async def test_revisions_of_one_respondent_keep_one_number(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await opened(conn)
        first = interview(wave, "b")
        await record(conn, [first, replace(first, revision=2), interview(wave, "a")])
        await close_wave(conn, wave, NOON)
        kept = await all_of(conn, wave)
    assert [(one.respondent, one.revision) for one in kept] == [("#1", 1), ("#2", 1), ("#2", 2)]


async def test_an_empty_wave_closes(database: Database) -> None:
    async with database.transaction() as conn:
        wave = await opened(conn)
        assert await close_wave(conn, wave, NOON)
        assert await all_of(conn, wave) == []


def test_a_day_never_holds_fewer_than_five() -> None:
    assert merge_days({10: 5, 11: 2, 12: 3, 13: 4}, 9, 5) == {10: 10, 11: 12, 12: 12, 13: 12}
    assert merge_days({10: 1, 12: 2}, 9, 5) == {10: 9, 12: 9}
    assert merge_days({}, 9, 5) == {}


async def test_who_has_answered_is_found_by_index_and_not_by_reading_the_wave(database: Database) -> None:
    said: list[tuple[str, Any]] = []
    keys = [(1, "a"), (1, "b"), (2, "c")]
    async with database.transaction() as conn:

        @event.listens_for(conn.sync_connection, "before_cursor_execute")
        def remember(_c: Any, _cursor: Any, words: str, given: Any, *_rest: Any) -> None:
            said.append((words, given))

        assert await answered(conn, keys) == set()
        assert await load_drafts(conn, keys) == {}
        await discard_drafts(conn, keys)
        if not database.is_sqlite:
            await conn.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        for words, given in list(said[:3]):
            rows = await conn.exec_driver_sql(f"{explain} {words}", given)
            plan = "\n".join(str(tuple(row)) for row in rows)
            assert "SCAN drafts" not in plan
            assert "SCAN interviews" not in plan
            assert "respondent" in plan
