"""A year's pack of evidence: how long it takes, how large it is, and how much memory grows meanwhile."""

import argparse
import asyncio
import io
import random
import resource
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from PIL import Image

from bot import exports
from bot.database import Database
from bot.exports.work import ExportWork
from content import activity_store, acts, images, store
from content.activities import Activity
from content.images import Prepared
from tests.office import START, Clock
from tests.schema import create_tables
from tests.test_checks import GOOD

TARGET_SECONDS = 120.0
TARGET_MEGABYTES = 150
SUBJECT = f"year:{START.year}"


def photograph(seed: int) -> Prepared:
    """Coarse noise: about as many bytes as a photograph of people in a yard."""
    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (180, 135), chance.randbytes(180 * 135 * 3))
    out = io.BytesIO()
    coarse.resize((1600, 1200)).save(out, "JPEG", quality=92)
    return images.prepare(out.getvalue(), "inline")


async def fill(database: Database, activities: int, pushes: int) -> None:
    """A year of a county: pushes that went out, activities with a photograph each."""
    pictures = [photograph(seed) for seed in range(8)]
    async with database.transaction() as conn:
        for number in range(pushes):
            due_at = START - timedelta(days=number % 30)
            content = replace(GOOD, title=f"推送 {number}", festival="", due_at=due_at)
            await acts.create(conn, content, "bian", 1, START)
        await conn.execute(store.campaigns.update().values(state="sent", counts={"total": 9, "sent": 9}))
        for number in range(activities):
            day = START.date() - timedelta(days=number % 37)
            held = Activity(f"活动 {number}", day, f"镇{number % 15}", "村", "", "talk", "主题", 25)
            kept, _ = await activity_store.enter(conn, f"{number}", held, "li", START)
            await activity_store.put_photo(conn, kept, pictures[number % len(pictures)], "li", START)


async def measured(folder: Path, activities: int, pushes: int) -> int:
    """Make the pack as the service does; 0 when it is made in time and memory stays flat."""
    database = Database(f"sqlite+aiosqlite:///{folder}/bench.db")
    await create_tables(database)
    await fill(database, activities, pushes)
    async with database.transaction() as conn:
        await exports.ask_pack(conn, 1, SUBJECT, name="a.zip", by="bian", now=START)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    await ExportWork(database, Clock(), folder).run(1)
    spent = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    whole = io.BytesIO()
    async with database.snapshot() as conn:
        job = await exports.get(conn, 1)
        assert job is not None
        assert job.state == "done", job.problem
        number = 0
        while (content := await exports.piece(conn, job, number)) is not None:
            whole.write(content)
            number += 1
    await database.close()
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
    print("| activities | pushes | files | MB | seconds | memory grown by, MB |\n|---|---|---|---|---|---|")
    print(f"| {activities} | {pushes} | {job.rows} | {job.size / 1e6:.0f} | {spent:.1f} | {grown:.0f} |")
    return 0 if spent <= TARGET_SECONDS and grown <= TARGET_MEGABYTES else 1


def main(argv: Sequence[str]) -> int:
    """`python -m tests.bench pack [--activities N] [--pushes N]`."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench pack")
    parser.add_argument("--activities", type=int, default=2_000)
    parser.add_argument("--pushes", type=int, default=60)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measured(Path(folder), given.activities, given.pushes))
