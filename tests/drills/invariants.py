"""What must hold after every disaster, read from the database and compared with the ledger."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.inquiries.messages import messages
from bot.office import audit
from bot.outbox.table import outbox
from content.store import campaigns
from surveys.fieldbook import assignments
from surveys.questionnaire import Answer
from surveys.store.table import drafts, interviews
from tests.drills.house import House
from tests.drills.ledger import Case, Ledger

FINAL = ("sent", "failed", "missed", "unknown")
UNDER_WAY = ("approved", "due", "sending")
LOOK_SECONDS = 0.2
LOST, DOUBLED, UNENDED, DAMAGE = (
    "acknowledged answers lost",
    "effects doubled",
    "pushes without an end",
    "damage",
)


async def check(house: House, ledger: Ledger, *, at_the_end: bool = False) -> None:
    """Report to the ledger whatever is broken. Residents may go on meanwhile.

    What was promised is noted before the database is read, so that it must all be found there.
    """
    promised = [(case, dict(case.answers), case.complete) for case in ledger.unsettled]
    asked, ledger.asked = ledger.asked, []
    async with house.database() as database:
        async with database.snapshot() as conn:
            await _answers(conn, ledger, promised)
            await _questions(conn, ledger, asked)
            await _effects(conn, ledger, house, at_the_end)
            if (broken := await audit.verify(conn)) is not None:
                ledger.report(DAMAGE, f"the audit trail breaks at line {broken}")
        if database.is_sqlite:
            async with database.snapshot() as conn:
                if (said := (await conn.execute(text("PRAGMA integrity_check"))).scalar_one()) != "ok":
                    ledger.report(DAMAGE, f"integrity_check: {said}")
    done = {id(case) for case, _, complete in promised if complete}
    ledger.unsettled = [case for case in ledger.unsettled if id(case) not in done]


async def _answers(
    conn: AsyncConnection, ledger: Ledger, promised: Sequence[tuple[Case, Mapping[str, Answer], bool]]
) -> None:
    """I1 and I2: every acknowledged answer is there with its value, in one live interview."""
    keys = [case.respondent for case, _, _ in promised]
    going, recorded = await _stored(conn, drafts, keys), await _stored(conn, interviews, keys)
    for case, answers, complete in promised:
        stored = recorded.get(case.respondent) or going.get(case.respondent, {})
        for question, value in answers.items():
            if question not in stored or stored[question] != value:
                words = f"{case.channel} {case.respondent} {question}: {value!r}, stored {stored!r}"
                ledger.report(LOST, words)
        if complete and case.respondent not in recorded:
            ledger.report(LOST, f"{case.channel} {case.respondent} was thanked, but has no interview")
    twice = (
        select(interviews.c.wave_id, interviews.c.respondent)
        .group_by(interviews.c.wave_id, interviews.c.respondent)
        .having(func.count() > 1)
    )
    for row in await conn.execute(twice):
        ledger.report(DOUBLED, f"two live interviews of {row.respondent} in wave {row.wave_id}")
    counted = (await conn.execute(select(func.coalesce(func.sum(assignments.c.done), 0)))).scalar_one()
    at_doors = select(func.count()).where(interviews.c.channel == "interviewer")
    if (found := (await conn.execute(at_doors)).scalar_one()) != counted:
        ledger.report(DOUBLED, f"{found} interviews at doors, {counted} counted for the interviewer")


async def _stored(
    conn: AsyncConnection, table: Table, respondents: Sequence[str]
) -> dict[str, Mapping[str, Answer]]:
    query = select(table.c.respondent, table.c.answers).where(table.c.respondent.in_(respondents))
    return {row.respondent: row.answers for row in await conn.execute(query)}


async def _questions(conn: AsyncConnection, ledger: Ledger, asked: Sequence[str]) -> None:
    """A question that was answered is in the log of questions, each exactly once."""
    rows = await conn.execute(select(messages.c.text).where(messages.c.text.in_(asked)))
    found = {row.text for row in rows}
    for words in asked:
        if words not in found:
            ledger.report(LOST, f"the question {words!r} is not in the log")
    twice = select(messages.c.text).group_by(messages.c.text).having(func.count() > 1)
    for row in await conn.execute(twice):
        ledger.report(DOUBLED, f"the question {row.text!r} was taken twice")


async def _effects(conn: AsyncConnection, ledger: Ledger, house: House, at_the_end: bool) -> None:
    """I3 and I5: at most one effect a key, and an end that is true of every push."""
    said = Counter(str(one.content.get("text")) for one in house.simulator.customer_messages)
    columns = (
        outbox.c.key,
        outbox.c.kind,
        outbox.c.state,
        campaigns.c.state.label("campaign"),
    )
    rows = await conn.execute(
        select(*columns).select_from(outbox.outerjoin(campaigns, outbox.c.campaign_id == campaigns.c.id))
    )
    endings: Counter[str] = Counter()
    for row in rows.all():
        endings[f"{row.kind} {row.state}"] += 1
        if at_the_end and row.state not in FINAL:
            ledger.report(UNENDED, f"{row.key} is still {row.state}")
        if at_the_end and row.campaign not in (None, row.state):
            ledger.report(UNENDED, f"{row.key} is {row.state}, its campaign {row.campaign}")
        if row.kind == "custom" and row.key not in house.customs:
            continue  # a reply that came too late for the passive way: its words are not unique
        effects = house.simulator.mass_effects[row.key]
        if row.kind == "custom":
            effects = said[house.customs[row.key]]
        if effects > 1:
            ledger.report(DOUBLED, f"{row.key} had {effects} effects")
        if row.state in ("failed", "missed") and effects:
            ledger.report(DOUBLED, f"{row.key} is {row.state}, but had its effect")
        if row.state == "sent" and not effects:
            ledger.report(UNENDED, f"{row.key} counts as sent, but had no effect")
    waiting = select(func.count()).where(campaigns.c.state.in_(UNDER_WAY))
    if at_the_end and (left := (await conn.execute(waiting)).scalar_one()):
        ledger.report(UNENDED, f"{left} campaigns that nobody ended")
    ledger.endings = endings


async def until_all_ended(house: House) -> None:
    """Wait until every push has its end, by looking into the database now and then."""
    going = select(func.count()).where(outbox.c.state.not_in(FINAL))
    waiting = select(func.count()).where(campaigns.c.state.in_(UNDER_WAY))
    left = 1
    while left:
        await asyncio.sleep(LOOK_SECONDS)
        async with house.database() as database, database.snapshot() as conn:
            left = (await conn.execute(going)).scalar_one() + (await conn.execute(waiting)).scalar_one()
