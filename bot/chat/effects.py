"""What the decisions of one batch want written, and the writing of it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.chat.choosing import Choice
from bot.chat.situation import Decision
from bot.effect import followers
from bot.inquiries import letters, messages, recordings
from bot.inquiries.helping import Vote
from bot.inquiries.letters import Letter
from bot.inquiries.messages import CITED, Asked
from bot.inquiries.recordings import Spoken
from bot.office import staff_phones
from bot.office.staff_phones import Claim
from bot.outbox.entries import NewEntry
from bot.pushes import outcomes, runs, segments, subscriptions
from bot.pushes.runs import Arrived
from bot.pushes.subscriptions import Said
from bot.residents import Resident
from bot.waves import links
from bot.waves.links import NewLink
from bot.wechat.incoming import Incoming, Job
from surveys import store
from surveys.quotas import Quotum
from surveys.store import Interview


@dataclass(slots=True)
class Effects:
    """Everything that the decisions of one batch want written.

    `endings` are the places of the messages that finished an interview, and what is said if a quota proves
    full; `given` letters of the office that leave with a reply, `unfit` those for which it had no room;
    `panel` tells who wants to belong to it.
    """

    asked: list[Asked] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    finished: list[Interview] = field(default_factory=list)
    turned_away: list[Quotum] = field(default_factory=list)
    endings: list[tuple[int, str]] = field(default_factory=list)
    settled: list[Job] = field(default_factory=list)
    late: list[NewEntry] = field(default_factory=list)
    links: list[NewLink] = field(default_factory=list)
    erased: list[Resident] = field(default_factory=list)
    given: list[Letter] = field(default_factory=list)
    unfit: list[Letter] = field(default_factory=list)
    panel: dict[str, bool] = field(default_factory=dict)
    chosen: list[tuple[int, Choice]] = field(default_factory=list)
    tying: list[Claim] = field(default_factory=list)
    agreed: list[Said] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    came: int = 0
    gone: int = 0
    """Who began or stopped to follow, counted for the day."""

    def collect(self, incoming: Incoming, decision: Decision, now: datetime) -> None:
        """Add what a message wants kept besides its sender's situation; `now` is when it was decided."""
        resident = decision.person.resident.id
        if decision.asked is not None:
            asked = decision.asked
            self.asked.append(
                Asked(
                    resident,
                    int(now.timestamp()),
                    decision.question or incoming.text,
                    asked.outcome,
                    asked.cited[:CITED],
                    asked.urgent,
                    confidence=asked.confidence,
                    features=asked.features,
                )
            )
        if decision.vote is not None:
            self.votes.append(decision.vote)
        if decision.spoken is not None:
            self.spoken.append(decision.spoken)
        if decision.finished is not None:
            self.finished.append(decision.finished)
        self.turned_away += decision.turned_away
        if decision.chosen is not None:
            self.chosen.append((resident, decision.chosen))
        if decision.tying:
            self.tying.append(Claim(resident, decision.tying))
        self.agreed += decision.agreed
        self.arrived += decision.arrived
        if decision.settled is not None:
            self.settled.append(decision.settled)
        if decision.link is not None:
            self.links.append(decision.link)


async def record(
    connection: AsyncConnection, effects: Effects, held: Collection[int]
) -> list[tuple[int, str]]:
    """Record the finished interviews; the endings of those for whom a quota was full in the meantime."""
    if not effects.finished and not effects.turned_away:
        return []
    kept = await store.record(connection, effects.finished, effects.turned_away, held=held)
    return [
        ending
        for ending, one in zip(effects.endings, effects.finished, strict=True)
        if one.quotas and (one.wave_id, one.respondent) not in kept
    ]


async def write(connection: AsyncConnection, effects: Effects, now: datetime) -> None:
    """Write all but the interviews, the panel and who is erased."""
    for resident, choice in effects.chosen:
        if choice.joins:
            await segments.join(connection, [resident], choice.group, now)
        else:
            await segments.leave(connection, [resident], choice.group)
    await staff_phones.claim(connection, effects.tying, now)
    await subscriptions.note(connection, effects.agreed, now)
    await runs.arrived(connection, effects.arrived)
    await messages.write(connection, effects.asked)
    await messages.vote(connection, effects.votes)
    await recordings.write(connection, effects.spoken)
    await letters.give(connection, effects.given, now)
    await links.add(connection, effects.links, now)
    if effects.late:
        await outbox.add(connection, effects.late, now)
    for job in effects.settled:
        await outcomes.finished(connection, job.id, job.status, _counts(job), now)
    await followers.note(connection, effects.came, effects.gone, now)


def _counts(job: Job) -> dict[str, int]:
    return {"total": job.total, "filtered": job.filtered, "sent": job.sent, "errors": job.errors}
