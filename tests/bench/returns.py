"""How long the counts of a wave's page take, small and large, and the job that keeps them."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bot.waves import counting
from surveys import native, progress, publishing, store, waves
from surveys.store import Interview
from surveys.terms import Place, Terms
from tests.office import START, quick_database
from tests.world import QUESTIONNAIRE

PLACES = tuple(Place("镇", f"第{number}社区", 1000, 100) for number in range(150))
PART = 500
TARGET = 1.3
"""How much longer the page of the large wave may take than that of the small one."""


async def measure(interviews: int) -> tuple[float, float]:
    """Seconds to keep the counts of so many interviews, and then to read them for the page (best of five)."""
    questionnaire = native.parse(QUESTIONNAIRE)
    with tempfile.TemporaryDirectory() as folder:
        async with quick_database(Path(folder)) as database:
            async with database.transaction() as conn:
                made = await publishing.publish(conn, questionnaire, by="bench", now=START)
                wave = await waves.open_wave(
                    conn,
                    questionnaire,
                    made.version,
                    "w",
                    now=START,
                    secret=bytes(32),
                    terms=Terms(frame=PLACES),
                )
            for first in range(0, interviews, PART):
                rows = [_interview(wave.id, number) for number in range(first, min(first + PART, interviews))]
                async with database.transaction() as conn:
                    await store.record(conn, rows)
            began = time.perf_counter()
            await counting.count_waves(
                database, START + timedelta(days=90), parts=interviews // progress.PART + 1
            )
            counted = time.perf_counter() - began
            reads = []
            for _ in range(5):
                began = time.perf_counter()
                async with database.snapshot() as conn:
                    found = await progress.current(conn, wave, questionnaire)
                reads.append(time.perf_counter() - began)
            if found.returns.total != interviews:
                raise AssertionError(f"{found.returns.total} counted of {interviews}")
    return counted, min(reads)


def _interview(wave_id: int, number: int) -> Interview:
    at = int(START.timestamp()) + number
    place = PLACES[number % len(PLACES)]
    answers = {"know": str(1 + number % 3), "content": str(1 + number % 3), "words": None}
    return Interview(
        wave_id,
        f"r{number:08}",
        1,
        answers,
        "chat",
        at - 40 - number % 90,
        at,
        township=place.township,
        community=place.community,
    )


def main(argv: Sequence[str]) -> int:
    """Print a line a size; 1 where the page grows with the wave."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench returns", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[10_000, 200_000])
    options = parser.parse_args(argv)
    reads = []
    for size in options.sizes:
        counted, read = asyncio.run(measure(size))
        reads.append(read)
        each = 1e6 * counted / size
        told = f"counted once in {counted:.1f} s ({each:.0f} us each), page {1e3 * read:.1f} ms"
        print(f"{size:>9,} interviews: {told}")
    return int(reads[1] > TARGET * reads[0])
