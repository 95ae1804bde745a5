"""A resident's message or event as the rest of the service sees it, free of WeChat's XML."""

from dataclasses import dataclass, field
from typing import Literal

from bot.wechat.crypto import AesKey

Kind = Literal[
    "text", "image", "voice", "video", "shortvideo", "location", "link", "file", "event", "unknown"
]
KINDS: dict[str, Kind] = {
    "text": "text",
    "image": "image",
    "voice": "voice",
    "video": "video",
    "shortvideo": "shortvideo",
    "location": "location",
    "link": "link",
    "file": "file",
    "event": "event",
}


@dataclass(frozen=True, slots=True)
class Job:
    """How a mass send, a template message or a publication ended, as its finish event tells.

    `id` is the platform's message id or publish id, `status` its own words ("send success",
    "failed:user block", "0"); the counts are followers and are 0 where the event has none.
    """

    id: str
    status: str
    total: int = 0
    filtered: int = 0
    sent: int = 0
    errors: int = 0
    article_id: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One template of a subscription event: what the resident chose, or how a sent notice fared.

    `status` is "accept" or "reject" for a choice and the platform's words for a sent notice,
    whose `code` is 0 when it arrived.
    """

    template_id: str
    status: str
    msg_id: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """One verified delivery. In production only `callback.read` makes one.

    `key` is the same for every redelivery of one message and differs between any two messages.
    `created` is WeChat's send time in epoch seconds. `event` is lower-case and "" for a message;
    a type that WeChat invents later is kind "unknown", an event that it invents keeps its name.
    `text` is what was typed, or the words recognised in a voice message; `menu_id` tells that the
    text came from a tapped option. `event_key` has lost its "qrscene_"; `scanned` tells that a QR
    code led here. Coordinates are never carried: the service has no use for where somebody is.
    `envelope` is the key that a sealed reply must be sealed with, or None for a plain reply.
    What could name a person or hold their words is kept out of `repr`, and so out of logs.
    """

    openid: str = field(repr=False)
    account: str
    created: int
    kind: Kind
    key: str
    event: str = ""
    text: str = field(default="", repr=False)
    msg_id: str = ""
    menu_id: str = ""
    event_key: str = field(default="", repr=False)
    scanned: bool = False
    ticket: str = field(default="", repr=False)
    media_id: str = field(default="", repr=False)
    job: Job | None = None
    notices: tuple[Notice, ...] = ()
    envelope: AesKey | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is not a message of the platform: the HTTP status to answer (400, 403 or 413)
    and a short code to count by, which never holds anything of the request. `mode`: how the platform
    encrypts, where a rightly signed message shows that the account is configured otherwise.
    """

    status: int
    reason: str
    mode: str = ""
