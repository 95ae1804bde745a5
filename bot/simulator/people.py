"""The residents of the simulated WeChat: who follows the account, and what stands in each one's chat."""

import base64
import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bot.simulator.calling import Refused
from bot.simulator.options import Json

NAMED = ("王阿姨", "李师傅", "小陈")
CHAT_LENGTH = 200

Side = Literal["resident", "account", "system"]
Kind = Literal["text", "image", "voice", "news", "menu", "article", "notice"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on a chat's screen. `number` grows over all chats; `content` depends on the kind."""

    number: int
    at: int
    side: Side
    kind: Kind
    content: Json


@dataclass(slots=True)
class Allowance:
    """Customer-service messages that one interaction of a resident opened (facts: 5 in 48 h, 3 in 1 min)."""

    until: int
    left: int


@dataclass(slots=True)
class Person:
    """A WeChat user as this account sees one."""

    openid: str
    name: str
    following: bool = False
    subscribed_at: int = 0
    scene: str = "ADD_SCENE_SEARCH"
    scene_text: str = ""
    remark: str = ""
    tags: set[int] = field(default_factory=set)
    received_at: list[int] = field(default_factory=list)
    allowances: dict[str, Allowance] = field(default_factory=dict)
    chat: deque[Line] = field(default_factory=lambda: deque(maxlen=CHAT_LENGTH))


class People:
    """All WeChat users that this simulator knows, by openid."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._everybody: dict[str, Person] = {}
        self._lines = 0
        for name in NAMED:
            self.add(name)

    def openid(self, name: str) -> str:
        """28 characters beginning with o, the same for a name in every run: the demo outlives a restart."""
        digest = hashlib.sha256(f"{self._app_id} {name}".encode()).digest()
        return "o" + base64.urlsafe_b64encode(digest).decode()[:27]

    def add(self, name: str, openid: str | None = None) -> Person:
        """The person of that name; known from now on."""
        openid = openid or self.openid(name)
        return self._everybody.setdefault(openid, Person(openid, name))

    def get(self, openid: str) -> Person | None:
        """The person behind an openid, or None."""
        return self._everybody.get(openid)

    def known(self, openid: str) -> Person:
        """The person behind an openid; 40003 as the API says it."""
        person = self._everybody.get(openid)
        if person is None:
            raise Refused(40003, "invalid openid")
        return person

    def __iter__(self) -> Iterator[Person]:
        return iter(self._everybody.values())

    def followers(self, tag: int | None = None) -> list[Person]:
        """Everybody who follows, or those of them who carry the tag."""
        return [one for one in self if one.following and (tag is None or tag in one.tags)]

    def write(self, person: Person, at: int, side: Side, kind: Kind, **content: object) -> Line:
        """Put a line into a chat."""
        self._lines += 1
        line = Line(self._lines, at, side, kind, content)
        person.chat.append(line)
        return line
