"""What must leave the house: decided once, claimed by one replica, settled once.

A mass push goes out at most once per occurrence: its key is unique here and is the platform's `clientmsgid`,
so that an unclear call may be repeated with the same key while the platform still remembers it. A
customer-service message has no such key: once claimed it is never claimed again, and an unclear outcome
is shown to a person. `attempt` is the fencing number: only the latest claimer can settle a row.
"""

from bot.outbox.booked import (
    SentArticle,
    hold_sends,
    job_numbers,
    last_push,
    mass_sends,
    of_campaign,
    sent_articles,
    states,
)
from bot.outbox.ending import (
    accept,
    claim_polls,
    doubt,
    latest,
    resolve,
    settle,
    settle_by_message,
    waiting_for_people,
    with_platform,
)
from bot.outbox.leaving import (
    add,
    begin_call,
    claim,
    expire,
    has_work,
    keep_draft,
    release,
    stop,
    withdraw,
)
from bot.outbox.personal import (
    LATE,
    LETTER,
    REMINDER,
    custom_since,
    ends,
    forget_resident,
    forget_texts,
    keys_beginning,
    reminders_of,
    unlink_late_replies,
)

__all__ = [
    "LATE",
    "LETTER",
    "REMINDER",
    "SentArticle",
    "accept",
    "add",
    "begin_call",
    "claim",
    "claim_polls",
    "custom_since",
    "doubt",
    "ends",
    "expire",
    "forget_resident",
    "forget_texts",
    "has_work",
    "hold_sends",
    "job_numbers",
    "keep_draft",
    "keys_beginning",
    "last_push",
    "latest",
    "mass_sends",
    "of_campaign",
    "release",
    "reminders_of",
    "resolve",
    "sent_articles",
    "settle",
    "settle_by_message",
    "states",
    "stop",
    "unlink_late_replies",
    "waiting_for_people",
    "with_platform",
    "withdraw",
]
