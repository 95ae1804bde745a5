"""PURE: what follows when the platform does not simply take one person's message of a run.

A person's own reason (left, window closed, refuses) ends that person's message and nothing else. Whatever
would meet the next person too lets the whole run wait: until a moment, or until somebody has looked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.wechat.errors import Gone, Outcome, QuotaSpent, Rejected, Retry, TokenRefused

PERSONAL = frozenset({43019, 43101, 45015, 45047, 48002})
"""Errcodes that are about the person and not about the message or the account."""
TOKEN_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)
MOST_DOUBLINGS = 8
NO_ANSWER = "微信连着没有回音，已暂停一会儿再试。没有回音的那几位不会再发。"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`outcome` of the person: "" when the platform certainly did nothing, so that they wait again.

    `again_at` None and `words` not empty: the run is held for a person; both empty: it goes on.
    """

    outcome: str
    words: str = ""
    again_at: datetime | None = None


def after(outcome: Outcome, setbacks: int, now: datetime) -> Refusal:
    """The consequence of an ApiError's outcome; `setbacks` so many times the run has waited in a row."""
    match outcome:
        case Gone():
            return Refusal("gone")
        case Rejected(code) if code in PERSONAL:
            return Refusal("closed")
        case Rejected():
            return Refusal("failed", outcome.message)
        case Retry(seconds):
            return Refusal("", outcome.message, now + pause(timedelta(seconds=seconds), setbacks))
        case TokenRefused():
            return Refusal("", outcome.message, now + pause(TOKEN_PAUSE, setbacks))
        case QuotaSpent(until):
            return Refusal("", outcome.message, until)
        case _:
            return Refusal("unknown")


def pause(shortest: timedelta, setbacks: int) -> timedelta:
    """Twice as long after each setback in a row, five minutes at most."""
    doubled = shortest.total_seconds() * 2.0 ** min(setbacks, MOST_DOUBLINGS)
    return max(shortest, min(LONGEST_PAUSE, timedelta(seconds=doubled)))


def after_silence(setbacks: int, now: datetime) -> Refusal:
    """Several calls in a row ended without an answer: the run waits, so that few people stay unclear."""
    return Refusal("unknown", NO_ANSWER, now + pause(timedelta(minutes=1), setbacks))
