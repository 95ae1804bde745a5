"""The columns that are kept are always those that reading everything anew would give."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.database import Database
from bot.waves import counting
from surveys import store
from surveys.coding import code
from surveys.columns import Columns
from surveys.publishing import publish
from surveys.results import Counted, wave_rates
from surveys.shelf import Shelf
from surveys.store import (
    Interview,
    close_wave,
    erase,
    erase_wave,
    mark,
    record,
    stream_interviews,
    tie,
    untie,
)
from surveys.waves import Wave, open_wave
from tests.test_counting import Q
from tests.test_survey_store import NOON, SECRET

Rows = list[tuple[object, ...]]


async def opened(database: Database, name: str = "w") -> Wave:
    async with database.transaction() as conn:
        version = (await publish(conn, Q, by="小李", now=NOON)).version
        return await open_wave(conn, Q, version, name, now=NOON, secret=SECRET)


def people(wave: Wave, numbers: Sequence[int]) -> list[Interview]:
    """One interview each, none like another."""
    at = int(NOON.timestamp())
    return [
        Interview(
            wave.id,
            f"r{n:04}",
            wave.version,
            {
                "one": ("1", "2", "8", "9", None)[n % 5],
                "many": [list("1"), list("13"), None][n % 3],
                "grid.a": "12"[n % 2],
            },
            ("chat", "page")[n % 2],
            at,
            at + 40_000 * n,
            township=f"第{n % 7}镇",
            came_from="push:3" if n % 4 == 0 else "",
            design={"weight": 1 + n / 8, "stratum": "s", "cluster": f"c{n % 3}"} if n % 2 else None,
        )
        for n in numbers
    ]


def rows(columns: Columns) -> Rows:
    """What the columns say, interview by interview, in any order."""
    found: Rows = []
    for block in columns.blocks:
        facts = [[columns.facts[name][one] for one in block.facts[name]] for name in sorted(block.facts)]
        answers = [
            [columns.answers[name][one] for one in block.answers[name]] for name in sorted(block.answers)
        ]
        picks = [one.tolist() for name in sorted(block.picks) for one in block.picks[name]]
        rest = [block.ids.tolist(), block.days.tolist(), block.weights.tolist()]
        found += zip(*rest, *facts, *answers, *picks, strict=True)
    return sorted(found)


async def look(database: Database, shelf: Shelf, wave: Wave, corrected: Sequence[str] = ()) -> Rows:
    """The rows on the shelf, after seeing that they are those of the database; `corrected` counts once."""
    async with database.snapshot() as conn:
        kept = rows(await shelf.columns(conn, wave, Q))
        stored = [one async for one in stream_interviews(conn, wave.id)]
        latest = {one.respondent: one.revision for one in stored}
        anew = [one for one in stored if one.revision == latest[one.respondent]]
    assert {one.respondent for one in stored if one.revision > 1} == set(corrected)
    assert kept == rows(code(Q, anew))
    return kept


async def test_what_is_kept_follows_every_change_of_a_wave(database: Database) -> None:
    wave, shelf = await opened(database), Shelf()
    assert await look(database, shelf, wave) == []
    async with database.transaction() as conn:
        await record(conn, people(wave, range(30)))
    first = await look(database, shelf, wave)
    numbers = [int(str(row[0])) for row in first]
    async with database.transaction() as conn:
        await record(conn, people(wave, range(30, 33)))
        await mark(conn, {numbers[4]: {"straight"}, numbers[5]: {"straight", "too_fast"}})
    marked = await look(database, shelf, wave)
    assert len(marked) == 33
    assert sum("straight|too_fast" in row for row in marked) == 1
    async with database.transaction() as conn:
        assert await erase(conn, wave.id, "r0032") == await erase(conn, wave.id, "r0031") == 1
        assert await erase(conn, wave.id, "r0002") == 1
        await record(conn, people(wave, [40]))
    assert len(await look(database, shelf, wave)) == 31
    async with database.transaction() as conn:
        await record(conn, people(wave, [41, 42]))
    assert len(await look(database, shelf, wave)) == 33
    better = replace(people(wave, [7])[0], revision=2, answers={"one": "2"})
    async with database.transaction() as conn:
        await record(conn, [better])
        await mark(conn, {numbers[7]: {"straight"}, numbers[8]: {"straight"}})
    for _ in range(2):
        assert len(await look(database, shelf, wave, ["r0007"])) == 33
    async with database.transaction() as conn:
        await mark(conn, {numbers[7]: {"late"}})
    assert len(await look(database, shelf, wave, ["r0007"])) == 33
    async with database.transaction() as conn:
        assert await tie(conn, wave.id, {"r0003": "n3", "r0004": "n4"}) == 2
        await close_wave(conn, wave, NOON + timedelta(days=3))
    closed = await look(database, shelf, wave, ["#7"])
    assert (len(closed), sum("n3" in row for row in closed)) == (33, 1)
    async with database.transaction() as conn:
        await untie(conn, "n3")
    assert sum("n3" in row for row in await look(database, shelf, wave, ["#7"])) == 0
    async with database.transaction() as conn:
        assert await erase_wave(conn, wave.id) == 34
    assert await look(database, shelf, wave) == []


async def test_an_interview_that_becomes_visible_late_is_not_missed(database: Database) -> None:
    """On PostgreSQL the transaction of a smaller number may commit after that of a larger."""
    wave, shelf = await opened(database), Shelf()
    early, late = people(wave, [1, 2])
    async with database.transaction() as first:
        await record(first, [early])
        if not database.is_sqlite:
            async with database.transaction() as second:
                await record(second, [late])
            assert len(await look(database, shelf, wave)) == 1
    async with database.transaction() as conn:
        await record(conn, [late])
    assert len(await look(database, shelf, wave)) == 2


async def test_a_look_at_the_past_takes_nothing_from_the_present(database: Database) -> None:
    wave, shelf = await opened(database), Shelf()
    async with database.transaction() as conn:
        await record(conn, people(wave, range(6)))
    async with database.snapshot() as past:
        await store.counts(past, [wave.id])
        async with database.transaction() as conn:
            await erase(conn, wave.id, "r0001")
        assert len(await look(database, shelf, wave)) == 5
        assert len(await shelf.columns(past, wave, Q)) == 5


async def test_memory_is_bounded_and_the_longest_unseen_wave_goes_first(database: Database) -> None:
    waves = [await opened(database, name) for name in ("a", "b", "c")]
    async with database.transaction() as conn:
        for wave in waves:
            await record(conn, people(wave, range(50)))
    size = sum(block.bytes for block in code(Q, people(waves[0], range(50))).blocks)
    shelf = Shelf(most=2 * size + 100)
    for wave in (*waves, waves[0]):
        assert len(await look(database, shelf, wave)) == 50
        assert shelf.bytes <= 2 * size + 100
    small = Shelf(most=10)
    assert len(await look(database, small, waves[0])) == 50
    assert small.bytes == 0


async def test_after_a_start_open_waves_are_read_while_nobody_waits(database: Database) -> None:
    old, new = [await opened(database, name) for name in ("old", "new")]
    over = await opened(database, "over")
    async with database.transaction() as conn:
        for wave in (old, new, over):
            await record(conn, people(wave, range(40)))
        await close_wave(conn, over, NOON)
    size = sum(block.bytes for block in code(Q, people(new, range(40))).blocks)
    shelf = Shelf(most=2 * size)
    await counting.warm(database, shelf)
    assert [shelf.wants(wave) for wave in (old, new)] == [False, False]
    assert shelf.bytes == size
    assert len(await look(database, shelf, old)) == 40
    large = Shelf()
    await counting.warm(database, large)
    assert large.bytes == 2 * size


async def test_both_databases_give_the_same_figures(database: Database) -> None:
    wave, shelf = await opened(database), Shelf()
    async with database.transaction() as conn:
        await record(conn, people(wave, range(200)))
    counted = Counted(wave, Q, "township")
    async with database.snapshot() as conn:
        counted.count(await shelf.columns(conn, wave, Q))
        weighed = await wave_rates(conn, wave, shelf=shelf)
    plain = Counted(wave, Q, "township")
    plain.count(code(Q, people(wave, reversed(range(200)))))
    assert counted.whole.rates() == plain.whole.rates()
    assert counted.parts() == plain.parts()
    weights = {n: 1 + n / 8 if n % 2 else 1.0 for n in range(200)}
    gained, whole = (sum(weights[n] for n in range(200) if n % 5 in codes) for codes in ((0,), (0, 1)))
    assert weighed["rates"][0]["weighted"]["rate"] == pytest.approx(gained / whole)
