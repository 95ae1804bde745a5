"""PURE: what the next message may refer to: choices offered and the article answered from, for one turn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.residents import Resident
from content.rules.topic import Topic, load_topic

TALK = timedelta(minutes=10)


def topic_of(resident: Resident, now: datetime) -> Topic | None:
    """What the last answer was about, while it is fresh."""
    at = resident.answered_at
    if at is None or now.timestamp() - at > TALK.total_seconds():
        return None
    return load_topic(resident.answered_from)


def afterwards(
    resident: Resident, now: datetime, choices: Sequence[str] = (), topic: Topic | None = None
) -> Resident:
    """The resident after a message: of what was offered and told before it nothing is left."""
    return replace(
        resident,
        offered="\n".join(choices),
        answered_at=int(now.timestamp()) if topic else None,
        answered_from=topic.dump() if topic else "",
    )
