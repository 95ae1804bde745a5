"""PURE. When reviewers are reminded of a text that waits: when it arrives, a day before, at the last."""

from datetime import datetime, timedelta
from typing import Literal

Stage = Literal["new", "soon", "last"]
LAST = timedelta(hours=3)


def stage(waiting_since: datetime, due_at: datetime, hours: int, now: datetime) -> Stage | None:
    """The reminder in place now, if any: on arrival, `hours` before the text goes out, and 3 hours before.

    A stage that had begun when the text arrived is covered by the news of its arrival; one that was not sent
    in its time gives way to the next; after `due_at` nothing helps any more.
    """
    if now >= due_at:
        return None
    begins: dict[Stage, datetime] = {"last": due_at - LAST, "soon": due_at - timedelta(hours=hours)}
    return next((name for name, begin in begins.items() if waiting_since < begin <= now), "new")
