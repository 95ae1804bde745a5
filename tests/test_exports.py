"""Files of a wave: one job for two who ask, begun anew after a crash, gone with what was erased."""

import asyncio
import errno
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import exports
from bot.database import Database
from bot.exports import Job
from bot.exports.work import DISK_FULL, FAILED, ExportWork, words_of
from bot.office import audit
from bot.problems import Problem
from bot.retention.erasure import Erasure
from bot.retention.journal import Journal
from surveys import publishing, store, waves
from surveys.export.files import FORMATS
from surveys.native import parse
from surveys.store import Interview
from surveys.waves import Wave
from tests.office import START, Clock
from tests.world import QUESTIONNAIRE

INTERVIEWS = 30


@pytest.fixture
async def wave(database: Database) -> Wave:
    return await open_wave(database)


async def open_wave(database: Database, name: str = "第一季度") -> Wave:
    """A wave with some interviews."""
    questionnaire = parse(QUESTIONNAIRE)
    moment = int(START.timestamp())
    async with database.transaction() as conn:
        made = await publishing.publish(conn, questionnaire, by="周", now=START)
        opened = await waves.open_wave(conn, questionnaire, made.version, name, now=START, secret=b"k" * 32)
        given = [
            Interview(opened.id, f"r{number}", made.version, {"know": "1"}, "chat", moment, moment)
            for number in range(INTERVIEWS)
        ]
        await store.record(conn, given)
    return opened


async def ask(
    database: Database,
    wave: Wave,
    number: int,
    basis: str = "",
    format: str = "csv",
    earlier: bool = False,
) -> Job:
    kind = next(one for one in FORMATS if one == format)
    async with database.transaction() as conn:
        return await exports.ask(
            conn,
            number,
            wave.id,
            kind,
            texts=False,
            earlier=earlier,
            basis=basis,
            steps=60,
            name="a.csv",
            by="小李",
            now=START,
        )


async def bytes_of(database: Database, job: Job) -> bytes:
    found, number = b"", 0
    async with database.snapshot() as conn:
        while (content := await exports.piece(conn, job, number)) is not None:
            found, number = found + content, number + 1
    return found


async def get(database: Database, number: int) -> Job | None:
    async with database.snapshot() as conn:
        return await exports.get(conn, number)


async def test_two_who_ask_get_one_job_and_then_the_file_until_an_answer_comes_in(
    database: Database, wave: Wave, tmp_path: Path
) -> None:
    work = ExportWork(database, Clock(), tmp_path)
    assert (await ask(database, wave, 1, "30")).id == (await ask(database, wave, 2, "30")).id == 1
    assert (await ask(database, wave, 3, "30", "docx")).id == 3
    assert await work.run_due() == 2
    again = await ask(database, wave, 4, "30")
    assert (again.id, again.state, again.rows) == (1, "done", INTERVIEWS)
    content = await bytes_of(database, again)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (again.size, again.sha256)
    assert (await ask(database, wave, 5, "31")).id == 5
    assert not any("tmp" in name for name in os.listdir(tmp_path))


async def test_a_job_whose_worker_fell_silent_is_begun_anew_and_the_old_worker_changes_nothing(
    database: Database, wave: Wave, tmp_path: Path
) -> None:
    clock = Clock()
    await ask(database, wave, 1)
    async with database.transaction() as conn:
        lost = await exports.claim(conn, clock())
        assert lost is not None
        assert await exports.add_piece(conn, lost, 0, b"half", clock())
        assert await exports.claim(conn, clock()) is None
    clock.now += exports.LEASE + timedelta(seconds=1)
    assert await ExportWork(database, clock, tmp_path).run_due() == 1
    async with database.transaction() as conn:
        assert not await exports.beat(conn, lost, 7, clock())
        assert not await exports.add_piece(conn, lost, 1, b"late", clock())
        assert not await exports.finish(conn, lost, rows=0, size=0, sha256="", now=clock())
        assert not await exports.fail(conn, lost, "late")
        assert not await exports.give_back(conn, lost)
    done = await get(database, 1)
    assert done is not None
    assert (done.state, done.attempt, done.rows) == ("done", 2, INTERVIEWS)
    assert hashlib.sha256(await bytes_of(database, done)).hexdigest() == done.sha256


async def test_two_replicas_make_one_file(database: Database, wave: Wave, tmp_path: Path) -> None:
    await ask(database, wave, 1)
    replicas = [ExportWork(Database(database.url.render_as_string(False)), Clock(), tmp_path) for _ in "ab"]
    taken = await asyncio.gather(*(one.run_due() for one in replicas))
    for one in replicas:
        await one.database.close()
    found = await get(database, 1)
    assert found is not None
    assert (sum(taken), found.state, found.attempt) == (1, "done", 1)


async def test_after_three_crashes_it_is_given_up_and_can_be_asked_for_again(
    database: Database, wave: Wave
) -> None:
    clock = Clock()
    await ask(database, wave, 1)
    for _ in range(exports.MOST_TRIES):
        async with database.transaction() as conn:
            assert await exports.claim(conn, clock()) is not None
        clock.now += exports.LEASE + timedelta(seconds=1)
    async with database.transaction() as conn:
        assert await exports.claim(conn, clock()) is None
    found = await get(database, 1)
    assert found is not None
    assert (found.state, found.problem) == ("failed", exports.GAVE_UP)
    assert (await ask(database, wave, 2)).id == 2


async def test_an_erasure_takes_the_finished_file_and_sends_a_running_job_back(
    database: Database, wave: Wave, tmp_path: Path
) -> None:
    clock = Clock()
    await ask(database, wave, 1)
    await ExportWork(database, clock, tmp_path).run_due()
    await ask(database, wave, 2, format="sav")
    async with database.transaction() as conn:
        running = await exports.claim(conn, clock())
    assert running is not None
    await Erasure(database, Journal(tmp_path / "journal.jsonl")).erase_wave(wave.name, clock())
    assert await get(database, 1) is None
    assert await bytes_of(database, running) == b""
    again = await get(database, 2)
    assert again is not None
    assert (again.state, again.attempt) == ("waiting", 2)
    async with database.transaction() as conn:
        assert not await exports.finish(conn, running, rows=30, size=1, sha256="", now=clock())


async def test_a_file_of_several_waves_goes_with_the_answers_of_any(
    database: Database, wave: Wave, tmp_path: Path
) -> None:
    later, work = await open_wave(database, "第二季度"), ExportWork(database, Clock(), tmp_path)
    alone = await ask(database, later, 1)
    both = await ask(database, later, 2, earlier=True)
    assert (alone.id, both.id) == (1, 2)
    assert await work.run_due() == 2
    made = await get(database, 2)
    assert made is not None
    lines = (await bytes_of(database, made)).decode("utf-8-sig").splitlines()
    names = [line.partition(",")[0] for line in lines]
    assert names == ["调查", *["第一季度"] * INTERVIEWS, *["第二季度"] * INTERVIEWS]
    await Erasure(database, Journal(tmp_path / "journal.jsonl")).erase_wave(wave.name, Clock()())
    assert (await get(database, 1) is None, await get(database, 2)) == (False, None)


async def test_a_file_is_deleted_when_its_day_is_over(database: Database, wave: Wave, tmp_path: Path) -> None:
    clock = Clock()
    await ask(database, wave, 1)
    await ExportWork(database, clock, tmp_path).run_due()
    done = await get(database, 1)
    assert done is not None
    for hours, left in ((23, True), (1, False)):
        clock.passes(hours=hours)
        async with database.transaction() as conn:
            await exports.forget_expired(conn, clock())
        assert (await get(database, 1) is not None, await bytes_of(database, done) != b"") == (left, left)


async def test_a_full_database_fails_the_job_in_words_and_keeps_no_half_file(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    wave = await open_wave(database)
    await ask(database, wave, 1, format="xlsx")
    async with database.writer.connect() as conn:
        pages = (await conn.execute(text("PRAGMA page_count"))).scalar_one()
        await conn.execute(text(f"PRAGMA max_page_count = {pages}"))
    assert await ExportWork(database, Clock(), tmp_path).run_due() == 1
    found = await get(database, 1)
    assert found is not None
    assert (found.state, found.problem) == ("failed", DISK_FULL)
    assert await bytes_of(database, found) == b""
    assert wave.name not in [line.object for line in await trail(database)]
    await database.close()


async def test_a_folder_that_is_not_there_fails_the_job_and_not_the_service(
    database: Database, wave: Wave, tmp_path: Path
) -> None:
    await ask(database, wave, 1)
    assert await ExportWork(database, Clock(), tmp_path / "gone").run_due() == 1
    found = await get(database, 1)
    assert found is not None
    assert (found.state, found.problem) == ("failed", FAILED)


def test_a_full_disk_is_told_from_other_errors() -> None:
    assert words_of(OSError(errno.ENOSPC, "")) == words_of(OSError(errno.EDQUOT, "")) == DISK_FULL
    assert words_of(OSError(errno.EACCES, "")) == words_of(RuntimeError()) == FAILED
    assert words_of(ValueError("太长")) == "太长"
    assert words_of(Problem("别的")) == "别的"


async def trail(database: Database) -> list[audit.Line]:
    async with database.snapshot() as conn:
        return await audit.lines(conn, audit.Wanted(), 50)
