"""Files made on request: how long small and large ones take, and how answers fare meanwhile."""

import argparse
import asyncio
import hashlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot import exports
from bot.database import Database
from bot.exports import Job
from bot.exports.work import ExportWork
from bot.web.export_desk import AT_ONCE
from surveys import store, waves
from surveys.export.files import FORMATS, Format
from surveys.store import Interview
from surveys.waves import Wave
from tests.bench.export import answers, fill
from tests.office import START, Clock

SLOWEST_ANSWER = 1.5
"""Seconds within which an answer is kept, 99 of 100."""


async def make(database: Database, wave: Wave, kind: Format, number: int, folder: Path) -> Job:
    """One file, asked for and made."""
    async with database.transaction() as conn:
        await exports.ask(
            conn, number, wave.id, kind, texts=False, basis=str(number), steps=1, name="a", by="b", now=START
        )
    await ExportWork(database, Clock(), folder).run(number)
    async with database.snapshot() as conn:
        found = await exports.get(conn, number)
    assert found is not None
    assert found.state == "done", found.problem
    return found


async def is_whole(database: Database, job: Job) -> bool:
    """Whether the pieces are the file that the trail names."""
    digest, number = hashlib.sha256(), 0
    async with database.snapshot() as conn:
        while (content := await exports.piece(conn, job, number)) is not None:
            digest.update(content)
            number += 1
    return digest.hexdigest() == job.sha256


async def answering(database: Database, wave: Wave, spent: list[float], done: asyncio.Event) -> None:
    """Residents answer one after the other, about twenty a second."""
    moment = int(START.timestamp())
    while not done.is_set():
        number = len(spent)
        one = Interview(wave.id, f"late-{number}", wave.version, answers(number), "chat", moment, moment)
        began = time.perf_counter()
        async with database.transaction() as conn:
            await store.record(conn, [one])
        spent.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)


async def measure(folder: Path, kinds: Sequence[Format], beside: bool) -> int:
    """A line a format; how many missed their target."""
    database = Database(f"sqlite+aiosqlite:///{folder}/office.db")
    async with database.snapshot() as conn:
        wave = await waves.find_wave(conn, "w")
    assert wave is not None
    missed = 0
    for number, kind in enumerate(kinds, 1):
        spent: list[float] = []
        done = asyncio.Event()
        residents = asyncio.create_task(answering(database, wave, spent, done)) if beside else None
        began = time.perf_counter()
        job = await make(database, wave, kind, number, folder)
        seconds = time.perf_counter() - began
        done.set()
        if residents is not None:
            await residents
        words = f"{kind:8} {seconds:7.2f} s {job.size / 1e6:8.1f} MB"
        if spent:
            spent.sort()
            slow = spent[int(len(spent) * 0.99)]
            words += (
                f"   {len(spent):5} answers beside it: half within {spent[len(spent) // 2] * 1000:.0f} ms,"
            )
            words += f" 99 % within {slow * 1000:.0f} ms, the slowest {spent[-1] * 1000:.0f} ms"
            missed += slow > SLOWEST_ANSWER
        missed += not await is_whole(database, job)
        print(words, flush=True)
    await database.close()
    return missed


def main(argv: Sequence[str]) -> int:
    """1 where an answer waits too long, or a file is not whole."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench jobs", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    options = parser.parse_args(argv)
    missed = 0
    for size, beside in ((AT_ONCE, False), (options.size, True)):
        with tempfile.TemporaryDirectory() as made:
            asyncio.run(fill(Path(made), size))
            print(f"{size:,} interviews")
            missed += asyncio.run(measure(Path(made), options.formats, beside))
    return int(missed > 0)
