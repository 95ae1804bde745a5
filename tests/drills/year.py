"""A whole year with three services: crashes, every trouble of the platform, wrong clocks; each push at most
once, none missed in silence, no quota exceeded, every state explained.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot import outbox
from bot.pushes import outcomes, runs
from bot.pushes.runs import Run
from content import store
from content.campaign import Campaign
from tests.drills.figures import say
from tests.drills.year_house import TOWNSHIPS, YearHouse, furnished
from tests.drills.year_plan import Occasion, approve, occasions, quotas
from tests.drills.year_watch import Watch
from tests.postgres import NotInstalled, create_postgres_database, throwaway_server

STEPS = (
    "outbox: after claim",
    "outbox: after draft",
    "outbox: before call",
    "outbox: after call",
    "outbox: before settle",
    "outbox: after settle",
    "run: after claim",
    "run: before call",
    "run: after call",
)
PATHS = {
    "mass": (
        "stable_token",
        "material/add_material",
        "draft/add",
        "message/mass/sendall",
        "message/mass/get",
    ),
    "publish": ("stable_token", "draft/add", "freepublish/submit", "freepublish/get"),
    "custom": ("stable_token", "message/custom/send"),
}
FAULTS = (
    "http429",
    "http500",
    "html502",
    "dns",
    "reset",
    "reset_after",
    "hang",
    "hang_after",
    "truncated",
    "errcode:-1",
    "errcode:45009",
    "errcode:45011",
    "errcode:48001",
    "token_refused",
    "token_refused_forever",
    "token_revoked",
    "stale_token",
)
JUMPS = tuple(timedelta(hours=hours) for hours in (1, -1, 24, -24))
AFTERWARDS = (0, 1, 31, 65, 130, 200, 320, 700, 1300, 1900, 2600, 3700, 5400, 7300, 9000)
"""Seconds after its time at which all look: retries, leases, confirmations, polls, the latest moment."""
THE_END = 25 * 3600
WRITERS = 400
FINAL = ("sent", "failed", "missed", "unknown", "stopped")


@dataclass(slots=True)
class Figures:
    """What happened, and what was found broken."""

    faults: Counter[str] = field(default_factory=Counter)
    jumps: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    confirmed: Counter[str] = field(default_factory=Counter)
    resolved: int = 0
    personal: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


class Year:
    """Lives through the occasions, one after the other, each with its own trouble."""

    def __init__(self, house: YearHouse, figures: Figures) -> None:
        self.house = house
        self.figures = figures
        self.watch = Watch(house.simulator)
        self._fault = 0
        self._step = 0

    async def live(self, one: Occasion) -> None:
        """A push from its approval to its end."""
        house = self.house
        house.now = max(house.now, one.at - timedelta(minutes=3))
        campaign = await approve(house, one)
        if one.way == "custom":
            await house.everybody_writes(one.audience, WRITERS)
        trouble = self._trouble(one)
        for seconds in AFTERWARDS:
            house.now = max(house.now, one.at + timedelta(seconds=seconds))
            await house.revive()
            self._arm(seconds)
            if seconds <= 65:
                async with self.watch.during("in trouble" if trouble else "in peace"):
                    await house.beat()
            else:
                await house.beat()
            self._administrator()
            await house.simulator.tick()
            if seconds == 65 and trouble != "token_refused_forever":
                house.simulator.faults.clear()
            if seconds >= 65:
                house.names.down = False
            if seconds >= 130:
                for replica in house.replicas:
                    replica.skew = timedelta(0)
                house.simulator.faults.clear()
        house.now = one.at + timedelta(seconds=THE_END)
        await house.revive()
        for _ in range(3):
            await house.beat()
        house.quieten()
        await self._look(one, campaign)

    def _trouble(self, one: Occasion) -> str:
        """Two of three meet a fault of the platform, one of four a clock that jumps."""
        rng, house = self.house.rng, self.house
        if one.number % 4 == 0:
            jump = JUMPS[one.number // 4 % len(JUMPS)]
            wrong = house.replicas if one.number % 8 else house.replicas[:1]
            for replica in wrong:
                replica.skew = jump
            self.figures.jumps[f"{jump.total_seconds() / 3600:+.0f} h, {len(wrong)} of 3"] += 1
        if one.number % 3 == 0:
            return ""
        kind = FAULTS[self._fault % len(FAULTS)]
        self._fault += 1
        self.figures.faults[kind] += 1
        if kind == "dns":
            house.names.down = True
            return kind
        path = rng.choice(PATHS[one.way])
        if kind.startswith("token_") and path == "stable_token":
            path = PATHS[one.way][-1]
        if kind == "stale_token":
            path = "stable_token"
        times = rng.choice((1, 2, 5))
        house.simulator.faults.add(f"/cgi-bin/{path}", kind, times)
        return kind

    def _arm(self, seconds: int) -> None:
        """In the first moments somebody may die at the next step of the list, or just be switched off."""
        if seconds > 700 or self.house.rng.random() > 0.35:
            return
        victim = self.house.rng.choice(self.house.replicas)
        victim.dies_at = STEPS[self._step % len(STEPS)]
        self._step += 1

    def _administrator(self) -> None:
        """Confirms most mass sends, refuses some, overlooks some."""
        for job in self.house.simulator.mass.waiting():
            lot = job.msg_id % 20
            if lot == 0:
                self.figures.confirmed["overlooked"] += job.at == self.house.simulator.now()
                continue
            self.house.simulator.mass.decide(job.msg_id, lot != 1)
            self.figures.confirmed["refused" if lot == 1 else "confirmed"] += 1

    async def _look(self, one: Occasion, campaign: Campaign) -> None:
        """The push has its one end, and it is true."""
        house, note = self.house, self.figures.broken.append
        effects = self._effects(one, campaign)
        if effects > 1:
            note(f"{one.title} went out {effects} times")
        async with house.database.transaction() as conn:
            found = await store.get(conn, campaign.id)
            waiting = [one for one in await outbox.waiting_for_people(conn) if one.campaign_id == campaign.id]
            run = await runs.of_campaign(conn, campaign.id)
            if found.state not in FINAL:
                note(f"{one.title} has no end: {found.state}")
            if found.state in ("failed", "missed") and effects and one.way != "custom":
                note(f"{one.title} is {found.state} and went out")
            if found.state == "sent" and not effects:
                note(f"{one.title} counts as sent and did not go out")
            for entry in waiting:
                if entry.state in ("failed", "unknown") and not entry.error and entry.called_at is None:
                    note(f"{one.title} is {entry.state} and nobody says why")
                if entry.state == "unknown":
                    truth = "sent" if effects else "failed"
                    await outcomes.resolve_push(conn, entry.id, truth, "office", house.now)
                    self.figures.resolved += 1
            if found.state == "unknown" and not waiting and run is None:
                note(f"{one.title} is unclear and waits for nobody")
            if run is not None:
                await self._look_at_run(one, run, await runs.tally(conn, run.id))
        self.figures.ends[f"{one.way} {found.state}"] += 1

    def _effects(self, one: Occasion, campaign: Campaign) -> int:
        simulator = self.house.simulator
        match one.way:
            case "mass":
                return simulator.mass_effects[campaign.key]
            case "publish":
                return sum(page.article.title == one.title for page in simulator.drafts.pages.values())
            case _:
                times = self._times(one)
                return max(times.values(), default=0)

    def _times(self, one: Occasion) -> Counter[str]:
        """How often each person got the personal message of this push."""
        sent = self.house.simulator.customer_messages
        return Counter(each.openid for each in sent if f"【{one.title}】" in str(each.content.get("text")))

    async def _look_at_run(self, one: Occasion, run: Run, tally: dict[str, int]) -> None:
        note, times = self.figures.broken.append, self._times(one)
        if run.state not in ("done", "expired", "stopped", "held"):
            note(f"{one.title}: its run is still {run.state}")
        if tally.get("sent", 0) != run.sent or tally.get("unknown", 0) != run.unknown or tally.get(""):
            note(f"{one.title}: its run says {run.sent} sent, {run.unknown} unclear; its people say {tally}")
        if not run.sent <= len(times) <= run.sent + run.unknown:
            note(f"{one.title}: {len(times)} people were reached, {run.sent} noted, {run.unknown} unclear")
        if run.left and not run.said and run.state == "expired":
            note(f"{one.title}: {run.left} people were left out and nobody says why")
        self.figures.personal += Counter(
            sent=run.sent, unclear=run.unknown, refused=run.failed + run.gone + run.closed, left=run.left
        )


async def drill(url: str, folder: Path, options: argparse.Namespace) -> int:
    """Live through the year and print the figures; 1 when a promise was broken."""
    figures, began = Figures(), time.monotonic()
    async with furnished(url, folder, options.seed, options.followers) as house:
        say(f"{url.partition(':')[0]}: {options.followers} followers, {len(TOWNSHIPS)} townships, 3 services")
        year = Year(house, figures)
        planned = occasions(house, options.campaigns, options.months)
        for one in planned:
            await year.live(one)
            if figures.broken and one.number % 10 == 0:
                say(f"{one.number} pushes, {len(figures.broken)} BROKEN")
        figures.broken += quotas(house)
        rows: dict[str, object] = {
            "pushes": len(planned),
            "services killed": house.kills,
            **{f"fault {name}": count for name, count in sorted(figures.faults.items())},
            **{f"clock {name}": count for name, count in sorted(figures.jumps.items())},
            **{f"administrator {name}": count for name, count in sorted(figures.confirmed.items())},
            **{f"ended: {name}": count for name, count in sorted(figures.ends.items())},
            "settled by a person": figures.resolved,
            **{f"personal: {name}": count for name, count in sorted(figures.personal.items())},
            **{f"job failed ({name})": count for name, count in sorted(house.failures.items())},
            "calls of the platform": len(house.simulator.calls),
            "tokens issued": house.simulator.tokens.issued,
            "seconds": f"{time.monotonic() - began:.0f}",
            "names not found": house.names.refused,
            **year.watch.rows(),
            "promises broken": len(figures.broken),
        }
    for name, value in rows.items():
        say(f"{name:<40}{value}")
    for words in figures.broken[:20]:
        say(f"BROKEN: {words}")
    return 1 if figures.broken else 0


def main(argv: Sequence[str]) -> int:
    """`year [--campaigns N] [--followers N] [--months M] [--seed S]`; on PostgreSQL where it is installed."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills year", description=__doc__)
    parser.add_argument("--campaigns", type=int, default=60)
    parser.add_argument("--followers", type=int, default=50_000)
    parser.add_argument("--months", type=int, default=12, choices=range(1, 13))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    logging.getLogger("bot").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="civility-drill-")))
        try:
            url = asyncio.run(create_postgres_database(stack.enter_context(throwaway_server())))
        except NotInstalled:
            say("PostgreSQL is not installed: the three services share an SQLite file")
            url = f"sqlite+aiosqlite:///{folder}/year.db"
        return asyncio.run(drill(url, folder, options))
