"""Direct answers that staff judge, drawn at random: how often the answers are wrong, and what that teaches.

Who judges sees the question and the answer, never how sure the machine was. A judged answer stays for good
with its features and without the question, which goes with the resident's message.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, get_args

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Integer,
    Select,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import metadata
from bot.inquiries.messages import Asked
from content.rules.calibration import Label
from surveys.intervals import exact

Verdict = Literal["right", "partly", "wrong", "unclear"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

DRAWN_AT_ONCE = 30
PUBLISHED = 200
"""The published figure speaks of so many judged answers, the latest ones."""

answer_checks = Table(
    "answer_checks",
    metadata,
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
    Column("drawn_at", BigInteger, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("features", JSON, nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("note", Text, nullable=False),
    Column("judged_by", String(64), nullable=False),
    Column("judged_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Of `judged` answers so many were wrong or partly wrong; the interval (95 %, Clopper-Pearson) of both.

    What nobody could judge from the words alone ("unclear") is not counted.
    """

    judged: int
    wrong: int
    partly: int
    interval: tuple[float, float]


def choose(ids: Sequence[int], number: int, seed: str) -> list[int]:
    """`number` of the ids (all, where there are fewer) in random order, the same for the same seed."""
    ordered = sorted(ids)
    return random.Random(seed).sample(ordered, min(number, len(ordered)))  # noqa: S311 - no secret


def seed_of(day: datetime, ids: Collection[int]) -> str:
    """A seed that nobody picks: from the day and what there is to draw from."""
    return sha256(f"{day.date()}:{sorted(ids)}".encode()).hexdigest()[:16]


def figure(verdicts: Sequence[str]) -> Figure:
    """The error figure of judged answers."""
    wrong, partly = verdicts.count("wrong"), verdicts.count("partly")
    judged = verdicts.count("right") + wrong + partly
    if not judged:
        return Figure(0, 0, 0, (0.0, 1.0))
    low, high = exact((wrong + partly) / judged, judged, judged, judged - 1)
    return Figure(judged, wrong, partly, (float(low), float(high)))


async def draw(connection: AsyncConnection, answered: Sequence[Asked], now: datetime) -> tuple[str, int]:
    """Put a random part of these direct answers before the judges; the seed, and how many it were."""
    known = set(await connection.scalars(select(answer_checks.c.message_id)))
    fresh = {one.id: one for one in answered if one.id not in known}
    seed = seed_of(now, fresh)
    chosen = choose(list(fresh), DRAWN_AT_ONCE, seed)
    rows = [
        {
            "message_id": number,
            "place": place,
            "drawn_at": int(now.timestamp()),
            "confidence": fresh[number].confidence,
            "features": dict(fresh[number].features),
            "verdict": "",
            "note": "",
            "judged_by": "",
        }
        for place, number in enumerate(chosen)
    ]
    if rows:
        await connection.execute(insert(answer_checks), rows)
    return seed, len(rows)


async def waiting(connection: AsyncConnection) -> list[int]:
    """The drawn answers that nobody has judged, in the order to judge them."""
    c = answer_checks.c
    query = select(c.message_id).where(c.verdict == "").order_by(c.drawn_at, c.place)
    return list((await connection.execute(query)).scalars())


async def judge(
    connection: AsyncConnection, message: int, verdict: Verdict, note: str, person: str, now: datetime
) -> bool:
    """Keep a verdict; False when somebody judged this answer before."""
    c = answer_checks.c
    values = {"verdict": verdict, "note": note, "judged_by": person, "judged_at": int(now.timestamp())}
    mine = update(answer_checks).where(c.message_id == message, c.verdict == "").values(**values)
    return (await connection.execute(mine)).rowcount == 1


async def verdicts(connection: AsyncConnection, limit: int = PUBLISHED) -> list[str]:
    """The latest verdicts, the last one first."""
    c = answer_checks.c
    judged = c.verdict.in_(["right", "partly", "wrong"])
    query = select(c.verdict).where(judged).order_by(c.judged_at.desc(), c.message_id.desc())
    return list((await connection.execute(query.limit(limit))).scalars())


async def labels(connection: AsyncConnection, before: int) -> list[Label]:
    """What was judged before a moment (epoch seconds): the features of an article that the search chose, and
    whether all of the answer was right. Entries and articles named by number have nothing to learn from.
    """
    c = answer_checks.c
    judged = (c.verdict.in_(["right", "partly", "wrong"]), c.judged_at < before)
    rows = await connection.execute(select(c.features, c.verdict).where(*judged).order_by(c.message_id))
    chosen = [row for row in rows if row.features and not row.features.get("exact")]
    return [(row.features, row.verdict == "right") for row in chosen]


async def forget_without(connection: AsyncConnection, existing: Select[tuple[int]]) -> None:
    """Let go of what hangs on questions that are not kept any more: verdicts stay, in bare numbers."""
    c = answer_checks.c
    gone = c.message_id.not_in(existing)
    await connection.execute(delete(answer_checks).where(gone, c.verdict == ""))
    await connection.execute(update(answer_checks).where(gone, c.note != "").values(note=""))
