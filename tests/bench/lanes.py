"""Requests of people who answer: in the chat, on the page, and to the leanest handler."""

import hashlib
import random
from collections.abc import Iterator
from urllib.parse import urlencode

from bot.app import china_now
from bot.simulator.wire import Envelopes, seal
from tests.bench import load
from tests.bench.asked import QUESTIONS
from tests.bench.served import OPTIONS

LANES = 64
DOOR = "bench"


class Messages:
    """Makes lanes of prepared requests, people after people; `steps` requests a person."""

    steps = QUESTIONS

    def person(self, number: int) -> Iterator[bytes]:
        """All requests of one person, in order."""
        raise NotImplementedError

    def lanes(self, first: int, people: int) -> list[list[bytes]]:
        """The requests of so many people, spread over the lanes."""
        lanes: list[list[bytes]] = [[] for _ in range(LANES)]
        for number in range(first, first + people):
            lanes[number % LANES] += self.person(number)
        return lanes


class Chat(Messages):
    """问卷, 同意, then a number for each question, sealed as WeChat does."""

    steps = QUESTIONS + 2

    def __init__(self, seed: int, people: str) -> None:
        """`people`: what their openids begin with, at most nine characters."""
        self._people = people
        self._rng = random.Random(seed)
        self._envelopes = Envelopes(OPTIONS.aes_key, OPTIONS.app_id, self._rng)
        self._message_id = 23_000_000_000_000_000

    def person(self, number: int) -> Iterator[bytes]:
        """Each message in an envelope of its own."""
        now = int(china_now().timestamp())
        for words in ("问卷", "同意", *("1" for _ in range(QUESTIONS))):
            self._message_id += 1
            fields = {
                "ToUserName": OPTIONS.original_id,
                "FromUserName": f"{self._people}{number:019d}",
                "CreateTime": now,
                "MsgType": "text",
                "Content": words,
                "MsgId": self._message_id,
            }
            envelope = seal(fields, OPTIONS, self._envelopes, now, self._rng)
            yield load.request(f"/wechat?{envelope.query}", envelope.body)


class Page(Messages):
    """Begin, then one form for each question, in a browser of one's own."""

    steps = QUESTIONS + 1

    def __init__(self, people: int = 0) -> None:
        """`people`: the first of those whose pages these are."""
        self._people = people

    def person(self, number: int) -> Iterator[bytes]:
        """Each form with the cookies that the first page set."""
        token = hashlib.sha256(f"form:{DOOR}".encode()).hexdigest()
        cookies = f"civility-door={DOOR}; civility-answer=browser-{number}"
        forms = [{"step": "begin"}] + [
            {"step": "answer", "question": f"q{at}", "answer": "1"} for at in range(1, QUESTIONS + 1)
        ]
        for form in forms:
            body = urlencode({"form_token": token, **form}).encode()
            yield load.request(
                f"/q/{token_of(self._people + number)}", body, (("Cookie", cookies),), load.FORM
            )


class Lean(Messages):
    """Forms that name their person, to the leanest handler."""

    def person(self, number: int) -> Iterator[bytes]:
        """One form for each question."""
        for at in range(1, QUESTIONS + 1):
            body = urlencode({"person": str(number), "question": f"q{at}", "answer": "1"}).encode()
            yield load.request("/answer", body, (), load.FORM)


def token_of(number: int) -> str:
    """The address of a person's page."""
    return f"page-{number:012d}-abcdefgh"
