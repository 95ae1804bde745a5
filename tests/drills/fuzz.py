"""Thousands of broken, forged and misleading requests through the real server: no 5xx, nothing slow."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from bot.app import china_now
from tests.bench import corpus, load, served
from tests.drills.hostile_requests import Foe, Hostile

LANES = 32
SLICE = 2_000
SLOWEST_SECONDS = 1.0
GROWTH_MIB = 24.0
PASSAGES = 300


def main(argv: Sequence[str]) -> int:
    """Send and count; 0 when nothing failed, nothing was slow and memory stayed flat."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills fuzz", description=__doc__)
    parser.add_argument("--bodies", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty database's URL; default: a new SQLite file")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="civility-fuzz-") as folder:
        url = options.database or f"sqlite+aiosqlite:///{Path(folder) / 'fuzz.db'}"
        return asyncio.run(_drill(url, options.bodies, options.seed))


async def _drill(url: str, bodies: int, seed: int) -> int:
    await served.prepare(url, corpus.regulations(PASSAGES))
    foe = Foe(seed)
    statuses: dict[str, Counter[int]] = defaultdict(Counter)
    slowest: dict[str, float] = defaultdict(float)
    failures: Counter[str] = Counter()
    memory: list[float] = []
    with served.served(_quiet, url) as server:
        sent = 0
        while sent < bodies:
            count = min(SLICE, bodies - sent)
            now = int(china_now().timestamp())
            lanes: list[list[Hostile]] = [[] for _ in range(LANES)]
            for number in range(count):
                lanes[number % LANES].append(foe.next(now))
            run = await load.run(server.port, [[one.raw for one in lane] for lane in lanes])
            for lane, answers in zip(lanes, run.answers, strict=True):
                for one, answer in zip(lane, answers, strict=True):
                    statuses[one.kind][answer.status] += 1
                    slowest[one.kind] = max(slowest[one.kind], answer.seconds)
                    failures.update(_failures(one, answer))
            sent += count
            memory.append(server.memory)
    _print(statuses, slowest, memory)
    settled = memory[len(memory) // 4]
    if memory[-1] - settled > GROWTH_MIB:
        failures[f"memory grew from {settled:.0f} to {memory[-1]:.0f} MiB"] += 1
    for failure, times in failures.most_common():
        print(f"FAILED {failure}: {times}", file=sys.stderr)
    print(f"{sent} requests, {sum(failures.values())} failures, seed {seed}")
    return 1 if failures else 0


def _quiet(url: str, port: int, parent: Connection) -> None:
    """The service without aiohttp's lines on requests that are no HTTP."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    served.stored(url, port, parent)


def _failures(one: Hostile, answer: load.Answer) -> list[str]:
    """What is wrong with an answer, in words."""
    found = []
    if answer.status >= 500:
        found.append(f"{one.kind}: status {answer.status}")
    if answer.seconds > SLOWEST_SECONDS:
        found.append(f"{one.kind}: slower than {SLOWEST_SECONDS:g} s")
    if answer.status == 0 and not one.may_close:
        found.append(f"{one.kind}: no answer")
    if one.good and answer.status != 200:
        found.append(f"{one.kind}: status {answer.status} for a genuine message")
    return found


def _print(statuses: dict[str, Counter[int]], slowest: dict[str, float], memory: list[float]) -> None:
    columns = sorted({status for counts in statuses.values() for status in counts})
    names = ["closed" if status == 0 else str(status) for status in columns]
    print(f"{'':<30}" + "".join(f"{name:>8}" for name in names) + f"{'max ms':>9}")
    for kind in sorted(statuses):
        cells = "".join(f"{statuses[kind][status] or '-':>8}" for status in columns)
        print(f"{kind:<30}{cells}{1000 * slowest[kind]:>9.0f}")
    shown = ", ".join(f"{one:.0f}" for one in memory)
    print(f"resident memory of the server, MiB: {shown}")
