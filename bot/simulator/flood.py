"""The load generator: many residents at once, each one's messages in order, with prepared envelopes."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.simulator.courier import Attempt
from bot.simulator.residents import Resident
from bot.simulator.simulator import Simulator
from bot.simulator.wire import Envelope, Fields


@dataclass(frozen=True, slots=True)
class Report:
    """What a flood met: latencies in seconds, sorted; HTTP statuses, "no answer" where none came."""

    latencies: tuple[float, ...]
    statuses: Counter[int | str]
    problems: Counter[str]
    replies: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Messages answered with 200 per second of the whole run."""
        return self.statuses[200] / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency that `share` (0..1) of the messages did not exceed; 0 without messages."""
        if not self.latencies:
            return 0.0
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


async def flood(
    simulator: Simulator,
    residents: Sequence[Resident],
    messages: Sequence[str],
    *,
    concurrency: int = 64,
    rate: float | None = None,
) -> Report:
    """Send every message once, the residents taking turns; at most `concurrency` under way, `rate` a
    second if given.

    Envelopes are sealed before and replies opened after the measured time, so that the generator costs
    little. A resident never has two messages under way: more concurrency than residents is not used.
    """
    queues: list[list[tuple[Fields, Envelope]]] = [[] for _ in residents]
    for number, text in enumerate(messages):
        who = number % len(residents)
        fields = simulator.complete(residents[who].openid, {"MsgType": "text", "Content": text})
        queues[who].append((fields, simulator.courier.seal(fields)))
    pending = asyncio.Queue[list[tuple[Fields, Envelope]]]()
    for queue in queues:
        if queue:
            pending.put_nowait(queue[::-1])
    loop = asyncio.get_running_loop()
    started = loop.time()
    done: list[tuple[Fields, Envelope, Attempt]] = []
    taken = 0

    async def work() -> None:
        nonlocal taken
        while not pending.empty():
            queue = pending.get_nowait()
            due = started + taken / rate if rate else 0.0
            taken += 1
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            fields, envelope = queue.pop()
            done.append((fields, envelope, await simulator.courier.post(envelope)))
            if queue:
                pending.put_nowait(queue)

    await asyncio.gather(*(work() for _ in range(min(concurrency, len(residents)))))
    seconds = loop.time() - started
    return _report(simulator, done, seconds)


def _report(simulator: Simulator, done: list[tuple[Fields, Envelope, Attempt]], seconds: float) -> Report:
    deliveries = [
        simulator.courier.conclude(fields, envelope, [attempt]) for fields, envelope, attempt in done
    ]
    attempts = [attempt for _, _, attempt in done]
    statuses: Counter[int | str] = Counter(one.status or "no answer" for one in attempts)
    return Report(
        latencies=tuple(sorted(one.seconds for one in attempts)),
        statuses=statuses,
        problems=Counter(one.problem for one in deliveries if one.problem),
        replies=sum(one.reply is not None for one in deliveries),
        seconds=seconds,
    )
