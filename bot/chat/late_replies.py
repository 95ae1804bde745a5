"""The reply that came too late for its delivery: it goes as a customer-service message."""

from datetime import datetime, timedelta

from bot import outbox
from bot.inquiries import letters
from bot.outbox.entries import NewEntry

# WeChat waits five seconds for a reply before it delivers the message again.
NEXT_DELIVERY = timedelta(seconds=6)


def key_of(message_key: str) -> str:
    """The key in the outbox of the reply to this message."""
    return f"{outbox.LATE}{message_key[:48]}"


def entry(message_key: str, resident: int, reply: str, now: datetime) -> NewEntry:
    """What the outbox is given; it is withdrawn if WeChat comes back for the reply after all."""
    return NewEntry(
        key=key_of(message_key),
        kind="custom",
        payload={"text": reply},
        due_at=now + NEXT_DELIVERY,
        expires_at=now + letters.WINDOW,
        resident=resident,
    )
