"""An open wave is shown in steps: what came in between two looks tells of nobody."""

import csv
import io
from datetime import datetime, timedelta, timezone

from bot.database import Database
from bot.retention.erasure import close_in
from bot.waves.looking import look, look_at_all
from surveys import results, steps, views
from surveys.export.files import write_wave
from surveys.export.history import changes_since
from surveys.publishing import publish
from surveys.shelf import Shelf
from surveys.store import Interview, record
from surveys.waves import Wave, get_wave, open_wave
from surveys.wishes import Wish
from tests.attack import QUESTIONS
from tests.exporting import overview_of_stored

NOON = datetime(2027, 2, 6, 12, 0, tzinfo=timezone(timedelta(hours=8)))
Figures = dict[str, int | None]


async def opened(database: Database, name: str = "春", now: datetime = NOON) -> Wave:
    async with database.transaction() as conn:
        version = (await publish(conn, QUESTIONS, by="小李", now=now)).version
        return await open_wave(conn, QUESTIONS, version, name, now=now, secret=bytes(32))


async def come(database: Database, wave: Wave, number: int, town: str, *, flagged: bool = False) -> None:
    """So many more answer in this town."""
    async with database.transaction() as conn:
        have = await steps_count(database)
        rows = [
            Interview(
                wave.id,
                f"{town}{have + place}",
                wave.version,
                {"age": "1", "one": "1"},
                "chat",
                int(NOON.timestamp()),
                int(NOON.timestamp()),
                township=town,
                flags=["burst"] if flagged else [],
            )
            for place in range(number)
        ]
        await record(conn, rows)


async def steps_count(database: Database) -> int:
    async with database.snapshot() as conn:
        return int((await conn.exec_driver_sql("SELECT count(*) FROM interviews")).scalar_one())


async def seen(database: Database, wave: Wave, by: str | None = "township") -> Figures:
    """What somebody sees who looks now: n of all ("") and of every group, None where it stays back."""
    shelf = Shelf()
    await look(database, wave.name, [by], shelf)
    async with database.snapshot() as conn:
        document = await results.wave_rates(conn, wave, by, shelf=shelf)
    return {"".join(entry["group"].values()): entry["n"] for entry in document["rates"] if entry["declared"]}


async def test_a_breakdown_moves_on_only_by_five_or_none_in_each_group(database: Database) -> None:
    wave = await opened(database)
    await come(database, wave, 9, "东镇")
    await come(database, wave, 8, "西镇")
    assert await seen(database, wave) == {"": 17, "东镇": 9, "西镇": 8}
    await come(database, wave, 4, "东镇")
    assert await seen(database, wave) == {"": 17, "东镇": 9, "西镇": 8}
    await come(database, wave, 2, "西镇")
    assert await seen(database, wave, None) == {"": 23}, "six more of all"
    assert await seen(database, wave) == {"": 17, "东镇": 9, "西镇": 8}, "but four and two of each"
    await come(database, wave, 3, "西镇")
    await come(database, wave, 2, "东镇")
    assert await seen(database, wave) == {"": 28, "东镇": 15, "西镇": 13}


async def test_a_part_moves_on_with_the_breakdowns_that_it_is_taken_from(database: Database) -> None:
    wave, east = await opened(database), Wish(township="东镇")

    async def of_the_east(by: str | None = None) -> Figures:
        shelf = Shelf()
        await look(database, wave.name, ["township", by], shelf, [(east, by)])
        async with database.snapshot() as conn:
            rates = (await views.view(conn, wave, east, by, shelf)).rates()
        return {"".join(entry["group"].values()): entry["n"] for entry in rates if entry["declared"]}

    await come(database, wave, 9, "东镇")
    await come(database, wave, 8, "西镇")
    assert await of_the_east() == {"": 9}
    await come(database, wave, 1, "东镇")
    await come(database, wave, 4, "西镇")
    assert await seen(database, wave, None) == {"": 22}
    assert await of_the_east() == {"": 9}, "one more of the east is not told"
    assert await of_the_east("age") == {"": None}, "the ages are shown up to the 22nd, the towns to the 17th"
    await come(database, wave, 4, "东镇")
    await come(database, wave, 1, "西镇")
    assert await of_the_east() == {"": 9}, "four of the five after the 22nd are of the east"
    await come(database, wave, 5, "西镇")
    assert await of_the_east() == {"": 14}
    assert await of_the_east("age") == {"": 14, "1": 14}


async def test_every_filter_of_an_open_wave_shows_it_as_it_stood_at_the_same_moment(
    database: Database,
) -> None:
    wave, east, young = await opened(database), Wish(township="东镇"), Wish(question="age", code="1")

    async def of(wish: Wish, by: str | None) -> Figures:
        shelf = Shelf()
        await look(database, wave.name, [by], shelf, [(wish, by)])
        async with database.snapshot() as conn:
            document = await views.wished_rates(conn, wave, wish, by, shelf=shelf)
        assert "停在同一份答卷上" in document["population_note"]
        rates = document["rates"]
        return {"".join(entry["group"].values()): entry["n"] for entry in rates if entry["declared"]}

    await come(database, wave, 30, "东镇")
    await come(database, wave, 30, "西镇")
    assert await of(east, "age") == {"": 30, "1": 30}
    await come(database, wave, 6, "东镇")
    await come(database, wave, 6, "西镇")
    assert await seen(database, wave) == {"": 72, "东镇": 36, "西镇": 36}
    assert await of(young, "township") == {"": 60, "东镇": 30, "西镇": 30}, "asked first, but no newer"
    await come(database, wave, 8, "东镇")
    await come(database, wave, 8, "西镇")
    assert await of(east, "age") == {"": 44, "1": 44}
    assert await of(young, "township") == {"": 88, "东镇": 44, "西镇": 44}


async def test_the_doubtful_stay_back_until_they_are_five_more_or_none(database: Database) -> None:
    wave = await opened(database)
    await come(database, wave, 9, "东镇")
    await come(database, wave, 6, "东镇", flagged=True)

    async def without() -> list[int | None]:
        shelf = Shelf()
        await look(database, wave.name, [None], shelf)
        async with database.snapshot() as conn:
            document = await results.wave_rates(conn, wave, shelf=shelf)
        return [entry["n"] for entry in document["without_flagged"] if entry["declared"]]

    assert await without() == [9]
    await come(database, wave, 5, "东镇")
    await come(database, wave, 1, "东镇", flagged=True)
    assert await without() == [None]
    await come(database, wave, 5, "东镇", flagged=True)
    assert await without() == [14]


async def test_rows_of_an_open_wave_come_in_the_same_steps_and_a_closed_one_is_shown_whole(
    database: Database,
) -> None:
    wave = await opened(database)

    async def rows(wave: Wave) -> tuple[int, str]:
        out = io.BytesIO()
        await look_at_all(database, wave.name, Shelf())
        async with database.snapshot() as conn:
            written = await write_wave(conn, wave, "csv", out)
        assert len(list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"))))) == written.rows + 1
        return written.rows, "\n".join(written.notes)

    await come(database, wave, 9, "东镇")
    assert (await rows(wave))[0] == 9
    await come(database, wave, 4, "东镇")
    number, notes = await rows(wave)
    assert number == 9
    assert "免得从前后两次的差看出是谁答的" in notes
    await come(database, wave, 1, "东镇")
    assert (await rows(wave))[0] == 14
    await come(database, wave, 1, "东镇")
    async with database.transaction() as conn:
        await close_in(conn, wave, NOON)
    async with database.snapshot() as conn:
        closed = await get_wave(conn, wave.id)
        assert await steps.load(conn, wave.id) == {}
    assert closed is not None
    assert (await rows(closed))[0] == 15
    assert await seen(database, closed) == {"": 15, "东镇": 15}


async def test_a_file_beside_an_open_earlier_wave_shows_that_one_in_its_steps(database: Database) -> None:
    spring, summer = await opened(database), await opened(database, "夏", NOON + timedelta(days=1))
    await come(database, spring, 9, "东镇")
    await come(database, summer, 9, "东镇")

    async def spring_in_the_file() -> set[int]:
        await look_at_all(database, summer.name, Shelf())
        async with database.snapshot() as conn:
            overview = await overview_of_stored(conn, summer)
            assert overview.given is not None
            changes = await changes_since(conn, summer, overview.tallies["channel"], overview.given)
        return {one.n_before for one in changes}

    assert await spring_in_the_file() == {9}
    await come(database, spring, 1, "东镇")
    assert await spring_in_the_file() == {9}


async def test_of_two_who_show_at_once_one_notes_it(database: Database) -> None:
    wave = await opened(database)
    await come(database, wave, 9, "东镇")
    step = {steps.OVERALL: steps.Step(9, {})}
    async with database.transaction() as conn:
        assert await steps.keep(conn, wave.id, step)
    async with database.snapshot() as conn:
        assert (await steps.load(conn, wave.id))[steps.OVERALL].revision == 1
    for expected in (True, False):
        async with database.transaction() as conn:
            assert await steps.keep(conn, wave.id, {steps.OVERALL: steps.Step(10, {}, 1)}) is expected
