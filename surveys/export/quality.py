"""How good the interviews of a wave are: marks, where people stop, how long they take; few stay unnamed."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import integrity, sources
from surveys.progress import current
from surveys.questionnaire import Questionnaire
from surveys.suppression import is_small
from surveys.waves import Wave


@dataclass(frozen=True, slots=True)
class Step:
    """One question: who came to it, who would not say, who stopped before it; None where they are few."""

    id: str
    title: str
    asked: int | None
    refused: int | None
    stopped: int | None


@dataclass(frozen=True, slots=True)
class Quality:
    """`counted` interviews of a wave; numbers of fewer than the wave's `least` are None."""

    counted: int
    complete: int
    marked: int | None
    marks: tuple[tuple[str, int | None], ...]
    quartiles: tuple[int, int, int] | None
    """Seconds in which a quarter, half and three quarters of the complete ones were done."""
    sources: tuple[tuple[str, int | None], ...]
    steps: tuple[Step, ...]


async def quality_of(conn: AsyncConnection, wave: Wave, questionnaire: Questionnaire) -> Quality:
    """As the wave's own page counts them, which may be some minutes behind."""
    found = await current(conn, wave, questionnaire)
    returns = found.returns

    def many(number: int) -> int | None:
        """The number, or None where it is of few people."""
        return None if is_small(number, wave.terms.least) else number

    return Quality(
        returns.total,
        returns.complete,
        many(returns.flagged),
        tuple((integrity.WORDS.get(name, name), many(n)) for name, n in returns.flags.most_common()),
        found.quartiles,
        tuple((sources.words(name), many(n)) for name, n in returns.sources.most_common()),
        tuple(
            Step(one.question.id, one.question.title, many(one.asked), many(one.refused), many(one.stopped))
            for one in returns.questions()
        ),
    )
