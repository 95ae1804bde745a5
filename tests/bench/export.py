"""How long a wave takes in every format and how much memory, beside the plain call of a library."""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.database import Database
from surveys import native, publishing, store, waves
from surveys.export.files import FORMATS, Format, write_wave
from surveys.export.layout import layout
from surveys.questionnaire import Questionnaire
from surveys.terms import Terms
from tests.bench import export_plain
from tests.office import START, quick_database

COLUMNS = 25
CHOICES = 13
MOST_MEMORY = 300
"""MiB beyond the process at rest."""
PART = 20_000
MARGINS = {"township": {f"第{town}镇": 20_000.0 + 500 * town for town in range(15)}}
PLACES = [(f"第{town}镇", f"第{town}-{village}社区") for town in range(15) for village in range(10)]


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds, those of the processor, MiB beyond its rest, MiB of the file, progress told."""

    seconds: float
    processor: float
    memory: float
    size: float
    told: int


def questionnaire() -> Questionnaire:
    """A wave's columns are then 25: eight that every wave has, and 17 of questions."""
    options = ", ".join(
        f'{{code = "{code}", label = "{label}", polarity = "{polarity}"}}'
        for code, label, polarity in (
            ("1", "很满意", "positive"),
            ("2", "比较满意", "positive"),
            ("3", "不满意", "negative"),
            ("9", "说不清", "dont_know"),
        )
    )
    parts = ['id = "bench"', 'title = "群众满意度调查"']
    for number in range(CHOICES):
        parts.append(
            f'[[question]]\nid = "q{number}"\ntype = "single"\ntitle = "您对第 {number} 项工作满意吗？"'
        )
        parts.append(f"options = [{options}]")
    places = ", ".join(f'{{code = "{code}", label = "第{code}处"}}' for code in "123")
    parts.append(f'[[question]]\nid = "many"\ntype = "multiple"\ntitle = "哪里？"\noptions = [{places}]')
    parts.append('[[question]]\nid = "words"\ntype = "text"\ntitle = "建议？"\nrequired = false')
    parts += [f'[[indicator]]\nid = "i{number}"\nquestion = "q{number}"' for number in range(CHOICES)]
    found = native.parse("\n".join(parts))
    if len(layout(found, design=False)) != COLUMNS:
        raise AssertionError(f"{len(layout(found, design=False))} columns")
    return found


def answers(number: int) -> dict[str, Any]:
    """What the interview of this number says; alike from run to run."""
    given: dict[str, Any] = {
        f"q{place}": "1239"[(number * 7 + place * number % 5) % 4] for place in range(CHOICES)
    }
    given["many"] = ["1", "3"] if number % 3 else ["2"]
    given["words"] = f"第{number}条建议：多装路灯，谢谢" if number % 10 == 0 else None
    return given


async def fill(folder: Path, interviews: int) -> None:
    """A wave of so many in a new database."""
    made = questionnaire()
    async with quick_database(folder) as database:
        async with database.transaction() as conn:
            version = (await publishing.publish(conn, made, by="bench", now=START)).version
            wave = await waves.open_wave(
                conn, made, version, "w", now=START, secret=bytes(32), terms=Terms(margins=MARGINS)
            )
        moment = int(START.timestamp())
        for first in range(0, interviews, PART):
            rows = []
            for number in range(first, min(first + PART, interviews)):
                township, community = PLACES[number % len(PLACES)]
                rows.append(
                    {
                        "wave_id": wave.id,
                        "respondent": f"{number * 2654435761 % 2**32:08x}",
                        "revision": 1,
                        "version": version,
                        "answers": answers(number),
                        "status": "complete",
                        "channel": "page" if number % 3 else "chat",
                        "township": township,
                        "community": community,
                        "came_from": "menu",
                        "seed": 0,
                        "frame": "",
                        "started_at": moment + number,
                        "submitted_at": moment + number + 90,
                        "flags": ["too_fast"] if number % 50 == 0 else [],
                        "panel": "",
                        "design": None,
                    }
                )
            async with database.transaction() as conn:
                await conn.execute(insert(store.table.interviews), rows)


async def export(folder: Path, kind: Format) -> Run:
    """Export the wave in this process."""
    database = Database(f"sqlite+aiosqlite:///{folder}/office.db")
    file, told = folder / f"ours.{kind}", 0

    def seen(done: int, total: int) -> None:
        nonlocal told
        told += 1

    async with database.snapshot() as conn:
        wave = await waves.find_wave(conn, "w")
        assert wave is not None
        rest = export_plain.resting()
        watch = export_plain.Watch()
        with file.open("wb") as out:
            await write_wave(conn, wave, kind, out, seen=seen)
        spent = watch.spent()
    memory = export_plain.peak() - rest
    await database.close()
    return Run(*spent, memory, file.stat().st_size / 2**20, told)


async def read_only(folder: Path) -> Run:
    """What it takes to read the interviews once, without writing anything."""
    database = Database(f"sqlite+aiosqlite:///{folder}/office.db")
    async with database.snapshot() as conn:
        wave = await waves.find_wave(conn, "w")
        assert wave is not None
        rest = export_plain.resting()
        watch = export_plain.Watch()
        async for _ in store.stream_interviews(conn, wave.id):
            pass
        spent = watch.spent()
    memory = export_plain.peak() - rest
    await database.close()
    return Run(*spent, memory, 0.0, 0)


def apart(folder: Path, what: str, *more: str) -> Run | str:
    """Run it in a process of its own; its words where it failed."""
    command = [sys.executable, "-m", "tests.bench", "export", "--only", what, "--folder", str(folder), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1]
    return Run(**json.loads(done.stdout))


def main(argv: Sequence[str]) -> int:
    """Print a line a format and size; 1 where memory grows beyond the target or no progress is told."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench export", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument(
        "--plain", action=argparse.BooleanOptionalAction, default=True, help="the libraries too"
    )
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.only:
        print(json.dumps(asdict(_one(options.only, options.folder, options.rows))))
        return 0
    missed = 0
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            asyncio.run(fill(folder, size))
            print(f"{size:,} interviews of {COLUMNS} columns: seconds, those of the processor,")
            print("MiB beyond the process at rest, MiB of the file")
            _show("read once", apart(folder, "read"))
            for kind in options.formats:
                missed += _judged(kind, apart(folder, kind))
                for name in export_plain.PLAIN.get(kind, ()) if options.plain else ():
                    _show(f"  {name}", apart(folder, name, "--rows", str(size)))
    return int(missed > 0)


def _one(what: str, folder: Path, rows: int | None) -> Run:
    if what == "read":
        return asyncio.run(read_only(folder))
    if what in FORMATS:
        return asyncio.run(export(folder, what))  # type: ignore[arg-type]
    headings = [column.heading for column in layout(questionnaire(), design=False)]
    return Run(*export_plain.measure(what, folder, headings, rows or 0), 0)


def _judged(kind: str, run: Run | str) -> int:
    """Show it; 1 where it misses the target."""
    _show(kind, run)
    if isinstance(run, str) or run.memory > MOST_MEMORY or not run.told:
        print(f"missed: {kind} needs to stay under {MOST_MEMORY} MiB and to tell its progress")
        return 1
    return 0


def _show(name: str, run: Run | str) -> None:
    if isinstance(run, str):
        print(f"{name:28} {run}", flush=True)
    else:
        told = f", progress told {run.told} times" if run.told else ""
        times = f"{run.seconds:8.2f} s {run.processor:8.2f} s"
        print(f"{name:28} {times} {run.memory:8.0f} MiB {run.size:8.1f} MiB{told}", flush=True)
