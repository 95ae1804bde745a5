"""Equal replicas on one PostgreSQL, one of them killed again and again: every effect and reply once."""

import argparse
import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bot.simulator.courier import Attempt, Courier
from bot.simulator.wire import Envelope, Envelopes
from tests.drills import house as houses
from tests.drills.crash import STEPS, say_log
from tests.drills.figures import report, say
from tests.drills.house import House, Replica
from tests.drills.invariants import check
from tests.drills.ledger import Ledger
from tests.drills.peace import peace, stop
from tests.drills.people import Crowd
from tests.postgres import create_postgres_database, throwaway_server

PEOPLE = 8
COPIES = 2
MOMENTS = (0.2, 1.5)
SEND_STEPS = [step for step in STEPS if step[1] and step[0]]


class Scattering(Courier):
    """Delivers to a replica by lot; two deliveries in a row never to the same one, if there is another."""

    def __init__(self, house: House) -> None:
        simulator = house.simulator
        envelopes = Envelopes(house.options.aes_key, house.options.app_id, simulator.rng)
        super().__init__(house.options, envelopes, simulator.now, simulator.rng)
        self._house = house
        self._last = ""
        self.served: Counter[str] = Counter()

    async def post(self, envelope: Envelope, seconds: float | None = None) -> Attempt:
        """One delivery to the chosen replica."""
        bases = [one.base for one in self._house.replicas]
        self._last = self._house.rng.choice([base for base in bases if base != self._last])
        self.webhook_url = f"{self._last}/wechat"
        base = self._last
        attempt = await super().post(envelope, seconds)
        self.served[base] += attempt.status == 200
        return attempt


async def drill(url: str, folder: Path, replicas: int, number: int, seed: int) -> int:
    """Load on all replicas while one after the other dies and comes back; then peace, and the figures."""
    ledger = Ledger()
    async with houses.running(url, folder, seed, replicas) as house:
        courier = house.simulator.courier = Scattering(house)
        crowd = Crowd(house, await house.furnish(), ledger, COPIES)
        for replica in house.replicas:
            replica.start()
        up = [await replica.is_up() for replica in house.replicas]
        say(f"{sum(up)} of {replicas} replicas are up")
        crowd.gate.set()
        crowd.start(PEOPLE)
        for count in range(1, number + 1):
            victim = house.replicas[count % replicas]
            step = await _kill(house, crowd, ledger, victim, count)
            await check(house, ledger)
            broken = "" if ledger.holds else "  BROKEN"
            say(f"kill {count:>4}  {step:<32}{ledger.answers} answers acknowledged{broken}")
        await house.push_falls_due()
        await peace(house, crowd, ledger)
        first: dict[str, object] = {"replicas": replicas, "kills": number, "campaigns": house.campaigns}
        for base, served in sorted(courier.served.items()):
            first[f"messages served by {base.rpartition(':')[2]}"] = served
    return report(ledger, first)


async def _kill(house: House, crowd: Crowd, ledger: Ledger, victim: Replica, count: int) -> str:
    """A push and a message fall due for all; the victim dies at a step, or at a random moment; what it was.

    Another replica may be the one that sends: then the victim dies after its moment all the same.
    """
    step = SEND_STEPS[count // 2 % len(SEND_STEPS)][0] if count % 2 else ""
    if step:
        await stop(victim, ledger)
        victim.start(step)
        await victim.is_up()
    await house.push_falls_due()
    if crowd.listener:
        await house.custom_is_ordered(crowd.listener)
    try:
        async with asyncio.timeout(house.rng.uniform(*MOMENTS)):
            await victim.dead.wait()
    except TimeoutError:
        step = "at a random moment"
        victim.kill()
    if (code := await victim.ended()) != -9:
        ledger.report("damage", f"a replica ended by itself with {code}")
    house.forward(houses.LEASE_IS_OVER)
    await asyncio.sleep(house.rng.uniform(*MOMENTS))
    victim.start()
    await victim.is_up()
    return step


def main(argv: Sequence[str]) -> int:
    """`replicas [--kills K] [--replicas N] [--seed S]`; PostgreSQL must be installed."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills replicas", description=__doc__)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--replicas", type=int, choices=(2, 3), default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory(prefix="civility-drill-") as folder,
        throwaway_server() as server,
    ):
        url = asyncio.run(create_postgres_database(server))
        code = asyncio.run(drill(url, Path(folder), given.replicas, given.kills, given.seed))
        say_log(Path(folder) / "service.log")
        return code
