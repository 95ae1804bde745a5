"""Who writes faster than anybody types, or sends our own words back, is not answered for a while.

In memory, for one replica: every one of them limits for itself. What is refused here has no effect at all.
"""

import re
from collections import OrderedDict
from datetime import datetime
from functools import lru_cache

from bot.limits import Meter, Rule
from bot.wechat.incoming import Incoming

MESSAGES = Rule(times=240, seconds=60)
"""For one resident; a machine's pace, which no person reaches."""
TOLD = Rule(times=1, seconds=600)
ECHOES = 3
"""So often our own reply may come back; somebody's automatic answer would go on for ever."""
REMEMBERED = 10_000
WORDS = "您发得太快了，这一条没有处理。请过一分钟再发，前面的都在。"

_TAG = re.compile(r"<[^<>]*>")


class Flooding:
    """Remembers how fast residents write and what each was told last."""

    def __init__(self) -> None:
        self._messages = Meter(MESSAGES, REMEMBERED)
        self._told = Meter(TOLD, REMEMBERED)
        self._said: OrderedDict[str, tuple[frozenset[int], int]] = OrderedDict()

    def stops(self, incoming: Incoming, now: datetime) -> str | None:
        """None lets the message in; else the words to answer with instead, "" for silence."""
        if incoming.kind == "event" and incoming.event != "click":
            return None
        if self._messages.allows(incoming.openid, now):
            return None
        return WORDS if self._told.allows(incoming.openid, now) else ""

    def said(self, openid: str, reply: str) -> None:
        """Remember the reply, as it was sent and as the chat shows it."""
        if not reply:
            return
        _, count = self._said.get(openid, (frozenset(), 0))
        self._said[openid] = _both_ways(reply), count
        self._said.move_to_end(openid)
        if len(self._said) > REMEMBERED:
            self._said.popitem(last=False)

    def echoes(self, incoming: Incoming) -> bool:
        """Whether our own last words came back once too often."""
        reply, count = self._said.get(incoming.openid, (frozenset(), 0))
        count = count + 1 if hash(incoming.text.strip()) in reply else 0
        if reply:
            self._said[incoming.openid] = reply, count
        return count > ECHOES


@lru_cache(maxsize=512)
def _both_ways(reply: str) -> frozenset[int]:
    """A reply as it was sent and as the chat shows it; remembered, as many are told the same."""
    return frozenset({hash(reply.strip()), hash(_TAG.sub("", reply).strip())})
