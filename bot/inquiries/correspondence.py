"""Answering residents who asked what the rules do not tell: one answer, a letter for everybody who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.inquiries import handling, letters
from bot.inquiries.letters import LONGEST
from bot.inquiries.messages import Asked
from bot.problems import Conflict, Problem


@dataclass(frozen=True, slots=True)
class Written:
    """How many residents an answer is for, and how many it goes to at once; the others read it later."""

    residents: int
    leaving: int


async def answer(
    connection: AsyncConnection,
    asked: Sequence[Asked],
    text: str,
    *,
    office: str,
    person: str,
    sends: bool,
    now: datetime,
) -> Written:
    """Answer questions that `person` holds, each resident once, in the words of the last question of theirs.

    `sends`: the account may send customer-service messages. Raises Problem, or Conflict when the
    questions are somebody else's by now.
    """
    if not 0 < len(text) <= LONGEST:
        raise Problem(f"答复要有 1 到 {LONGEST} 个字，没有发出。")
    if not asked:
        raise Conflict("这些留言已经不在了，没有发出。请刷新页面再看。")
    last = {one.resident: one for one in asked}
    written = {
        resident: await letters.write(
            connection, resident, letters.worded(one.text, text, office), person, now
        )
        for resident, one in last.items()
    }
    settled: dict[int, int | None] = {one.id: written[one.resident] for one in asked}
    await handling.settle(connection, settled, person, "answered", now)
    leaving = await letters.send(connection, list(written.values()), now) if sends else []
    return Written(len(written), len(leaving))
