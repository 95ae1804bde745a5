"""What follows a send that the platform did not simply accept: another try, or an end. Decides only.

A mass push may be repeated with its own key; once an earlier call is unclear, no later refusal proves that
nothing was sent, so the end of such a push is "unknown". A customer-service message and
a publication are repeated only where the platform certainly did nothing with them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.outbox.entries import Entry
from bot.wechat.errors import (
    TOO_FAST,
    Gone,
    Outcome,
    QuotaSpent,
    Rejected,
    Retry,
    TokenRefused,
    Unknown,
)

SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at `at`; `uncalled`: the platform has certainly done nothing with the entry so far."""

    at: datetime
    uncalled: bool
    words: str


@dataclass(frozen=True, slots=True)
class End:
    """No further try; `words` tell staff what happened and what to do."""

    state: Literal["sent", "failed", "unknown"]
    words: str


def after_refusal(
    entry: Entry, outcome: Outcome, code: int | None, now: datetime, *, asked: bool
) -> Again | End:
    """The consequence of an ApiError's outcome.

    `asked`: this try reached the sending call of a mass push; before it, only drafts were at stake.
    """
    if entry.kind == "custom" or (entry.kind == "publish" and asked):
        return _custom(outcome, code, now)
    doubtful = entry.called_at is not None
    match outcome:
        case Retry(after):
            certain = not asked or code == TOO_FAST
            return Again(now + timedelta(seconds=after), certain and not doubtful, outcome.message)
        case TokenRefused():
            return Again(now + SOON, not doubtful, outcome.message)
        case Unknown():
            return Again(now + SOON, not asked and not doubtful, outcome.message)
        case QuotaSpent(until) if not doubtful and until.timestamp() <= entry.expires_at:
            return Again(until, True, outcome.message)
        case QuotaSpent() | Gone() | Rejected() if not doubtful:
            return End("failed", outcome.message)
        case _:
            return End("unknown", Unknown().message)


def _custom(outcome: Outcome, code: int | None, now: datetime) -> Again | End:
    match outcome:
        case Retry(after) if code == TOO_FAST:
            return Again(now + timedelta(seconds=after), True, outcome.message)
        case TokenRefused():
            return Again(now + SOON, True, outcome.message)
        case QuotaSpent() | Gone() | Rejected():
            return End("failed", outcome.message)
        case _:
            return End("unknown", Unknown().message)
