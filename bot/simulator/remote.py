"""Residents in another process than the simulator: the same verbs, carried over HTTP as JSON."""

import base64
from collections.abc import Mapping
from typing import cast

import aiohttp

from bot.simulator.courier import TRIES, Attempt, Delivery
from bot.simulator.people import Line
from bot.simulator.replies import Reply
from bot.simulator.wire import Envelope, Fields


def delivery_to_json(delivery: Delivery) -> dict[str, object]:
    """A delivery as it travels between processes."""
    reply = delivery.reply
    return {
        "fields": delivery.fields,
        "query": delivery.envelope.query,
        "body": _encode(delivery.envelope.body),
        "attempts": [
            {"status": one.status, "seconds": one.seconds, "body": _encode(one.body), "error": one.error}
            for one in delivery.attempts
        ],
        "reply": None if reply is None else {"msgtype": reply.msgtype, "fields": reply.fields},
        "problem": delivery.problem,
    }


def delivery_from_json(given: Mapping[str, object]) -> Delivery:
    """The other half of delivery_to_json."""
    attempts = cast(list[dict[str, object]], given["attempts"])
    reply = cast(Mapping[str, object] | None, given["reply"])
    return Delivery(
        fields=cast(Fields, given["fields"]),
        envelope=Envelope(str(given["query"]), _decode(given["body"])),
        attempts=tuple(
            Attempt(
                status=cast(int | None, one["status"]),
                seconds=cast(float, one["seconds"]),
                body=_decode(one["body"]),
                error=str(one["error"]),
            )
            for one in attempts
        ),
        reply=None if reply is None else Reply(str(reply["msgtype"]), cast(Fields, reply["fields"])),
        problem=str(given["problem"]),
    )


def line_to_json(line: Line) -> dict[str, object]:
    """A chat line as it travels between processes."""
    return {
        "number": line.number,
        "at": line.at,
        "side": line.side,
        "kind": line.kind,
        "content": line.content,
    }


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: object) -> bytes:
    return base64.b64decode(str(text))


class RemoteSimulator:
    """Speaks to a simulator of another process; `base` is its address, such as http://127.0.0.1:8080/simulator."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self._base = base
        self._session = session

    async def send(
        self,
        openid: str,
        fields: Fields,
        *,
        again: bool = False,
        tries: int = TRIES,
        envelope: Envelope | None = None,
        patience: float | None = None,
    ) -> Delivery:
        """Simulator.send, over there."""
        order: dict[str, object] = {"fields": fields, "again": again, "tries": tries, "patience": patience}
        if envelope is not None:
            order |= {"query": envelope.query, "body": _encode(envelope.body)}
        async with self._session.post(f"{self._base}/deliver/{openid}", json=order) as response:
            response.raise_for_status()
            return delivery_from_json(await response.json())

    async def lines(self, openid: str) -> list[Line]:
        """Simulator.lines, over there."""
        async with self._session.get(f"{self._base}/chat/{openid}") as response:
            response.raise_for_status()
            return [Line(**line) for line in await response.json()]

    async def ledger(self) -> Mapping[str, object]:
        """What the platform counted: mass effects, customer-service messages, calls per path."""
        async with self._session.get(f"{self._base}/ledger") as response:
            response.raise_for_status()
            return cast(Mapping[str, object], await response.json())
