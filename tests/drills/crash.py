"""Kills the service at every named step and at random moments; no promise may be broken by it."""

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from tests.drills import house as houses
from tests.drills.figures import report, say
from tests.drills.house import House
from tests.drills.invariants import check
from tests.drills.ledger import Ledger
from tests.drills.peace import peace
from tests.drills.people import Crowd
from tests.postgres import create_postgres_database, throwaway_server

PEOPLE = 6
REACHES_WITHIN = 30.0
Send = Literal["", "mass", "custom"]


@dataclass(frozen=True, slots=True)
class Kill:
    """One end: at the `count`-th passing of `step`, or ("") so many seconds after the start.

    With `serving` the seconds count from the first reply. `send` is what falls due before.
    """

    step: str
    send: Send = ""
    count: int = 1
    seconds: float = 0.0
    serving: bool = True

    @property
    def name(self) -> str:
        """For people."""
        since = "serving" if self.serving else "starting"
        return f"{self.step or f'{self.seconds:.2f} s after {since}'} {self.send}".strip()


STEPS: tuple[tuple[str, Send], ...] = (
    ("inbox: before take", ""),
    ("outbox: after claim", "mass"),
    ("inbox: after take", ""),
    ("page: after write", ""),
    ("", ""),
    ("outbox: after draft", "mass"),
    ("inbox: before commit", ""),
    ("", "mass"),
    ("outbox: before call", "mass"),
    ("page: before commit", ""),
    ("outbox: before call", "custom"),
    ("", ""),
    ("inbox: after commit", ""),
    ("outbox: after call", "mass"),
    ("", "custom"),
    ("outbox: after call", "custom"),
    ("page: after commit", ""),
    ("", "mass"),
    ("outbox: before settle", "mass"),
    ("", ""),
    ("outbox: before settle", "custom"),
    ("", "mass"),
    ("outbox: after settle", "mass"),
    ("", ""),
    ("outbox: after settle", "custom"),
)
"""Each round of kills; "" is a random moment."""


def kills(rng: Random, number: int) -> Iterator[Kill]:
    """So many kills, every named step in turn."""
    for step, send in itertools.islice(itertools.cycle(STEPS), number):
        if not step:
            serving = bool(send) or rng.random() < 0.5
            yield Kill("", send, seconds=rng.uniform(0.0, 1.0 if send else 0.5), serving=serving)
        else:
            yield Kill(step, send, 1 if step.startswith("outbox") else rng.randint(1, 12))


async def drill(url: str, folder: Path, number: int, seed: int) -> int:
    """All kills, then the peace in which every push must find its end."""
    ledger = Ledger()
    count = 1
    started = time.perf_counter()
    async with houses.running(url, folder, seed) as house:
        crowd = Crowd(house, await house.furnish(), ledger)
        crowd.start(PEOPLE)
        for count, kill in enumerate(kills(Random(seed), number), 1):
            died = await _die(house, crowd, ledger, kill)
            ended = f"{ledger.answers} answers acknowledged"
            say(f"kill {count:>4}  {kill.name:<32}{ended}{'' if ledger.holds else '  BROKEN'}")
            if not died:
                break
        await peace(house, crowd, ledger)
        seconds = time.perf_counter() - started
        first = {
            "database": url.partition(":")[0],
            "kills": count,
            "seconds a kill": f"{seconds / count:.2f}",
            "campaigns": house.campaigns,
            "interviews at doors": crowd.interviewer.kept,
        }
    return report(ledger, first)


async def _die(house: House, crowd: Crowd, ledger: Ledger, kill: Kill) -> bool:
    """One start, whatever falls due, and the end; False when the end was not of our making."""
    (replica,) = house.replicas
    house.forward(houses.LEASE_IS_OVER)
    try:
        async with asyncio.timeout(REACHES_WITHIN):
            await _live(house, crowd, ledger, kill)
    except TimeoutError:
        ledger.report("damage", f"{kill.name!r} was not reached")
        replica.kill()
    crowd.gate.clear()
    if (code := await replica.ended()) != -9:
        ledger.report("damage", f"the service ended by itself with {code}")
    return code == -9


async def _live(house: House, crowd: Crowd, ledger: Ledger, kill: Kill) -> None:
    """The service from its start to its end, which comes by itself at a step, or by a timer."""
    (replica,) = house.replicas
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    replica.start(kill.step, kill.count)
    if not kill.step and not kill.serving:
        loop.call_later(kill.seconds, replica.kill)
    if not await replica.is_up():
        return
    crowd.heard.clear()
    crowd.gate.set()
    waiting = {asyncio.create_task(crowd.heard.wait()), asyncio.create_task(replica.dead.wait())}
    _, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for one in late:
        one.cancel()
    if replica.dead.is_set():
        return
    ledger.recoveries.append(time.perf_counter() - began)
    if not kill.step and kill.serving:
        loop.call_later(kill.seconds, replica.kill)
    await check(house, ledger)
    if kill.send == "mass":
        await house.push_falls_due()
    elif kill.send == "custom" and crowd.listener:
        await house.custom_is_ordered(crowd.listener)
    await replica.dead.wait()


def main(argv: Sequence[str]) -> int:
    """`crash --kills N [--seed S] [--database postgresql|URL]`."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--database",
        default="sqlite",
        help="sqlite (default), postgresql for a throw-away server, or the URL of an empty database",
    )
    given = parser.parse_args(argv)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-drill-")))
        url = given.database
        if url == "sqlite":
            url = f"sqlite+aiosqlite:///{folder}/civility.db"
        elif url == "postgresql":
            url = asyncio.run(create_postgres_database(stack.enter_context(throwaway_server())))
        code = asyncio.run(drill(url, folder, given.kills, given.seed))
        say_log(folder / "service.log")
        return code


def say_log(log: Path) -> None:
    """What the killed services logged, by kind."""
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    kinds: dict[str, int] = {}
    for line in lines:
        kind = " ".join(line.split()[3:9])
        kinds[kind] = kinds.get(kind, 0) + 1
    for kind, count in sorted(kinds.items(), key=lambda pair: -pair[1])[:12]:
        say(f"logged {count:>5} x {kind}")
