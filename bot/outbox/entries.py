"""One thing that must leave the house: as it is ordered, and as the outbox keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["mass", "publish", "custom", "notice"]
"""To all followers or a group; onto the account's page; to one resident; to colleagues."""
State = Literal["waiting", "sending", "accepted", "sent", "failed", "missed", "unknown", "stopped"]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Something to send: `key` at most 64 bytes and unique for good; nothing is sent after `expires_at`."""

    key: str
    kind: Kind
    payload: Mapping[str, Any]
    due_at: datetime
    expires_at: datetime
    resident: int | None = None
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the outbox; times are epoch seconds. `called_at`: when the platform was first asked."""

    id: int
    key: str
    kind: Kind
    payload: Mapping[str, Any]
    resident: int | None
    campaign_id: int | None
    due_at: int
    expires_at: int
    state: State
    attempt: int
    called_at: int | None
    media_id: str
    msg_id: str
    counts: Mapping[str, int]
    error: str
    settled_at: int | None
