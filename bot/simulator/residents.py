"""Scripted residents for tests, demo and drills: they follow, ask, tap and speak."""

import asyncio
from typing import Protocol

from bot.simulator.chat import Segment, numeric_id, segments
from bot.simulator.courier import TRIES, Delivery
from bot.simulator.people import Line
from bot.simulator.wire import Envelope, Fields


class WeChat(Protocol):
    """Where a resident's phone is: a Simulator in this process, or a RemoteSimulator."""

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
        """Deliver something that a resident did; see Simulator.send."""
        ...

    async def lines(self, openid: str) -> list[Line]:
        """What stands in the resident's chat, oldest first."""
        ...


class Resident:
    """One person with a phone.

    Verbs return the words of the reply, None when there is none; `last` has everything else.
    """

    def __init__(self, simulator: WeChat, openid: str, name: str) -> None:
        self.simulator = simulator
        self.openid = openid
        self.name = name
        self._last: Delivery | None = None

    @property
    def last(self) -> Delivery:
        """The last delivery; LookupError before the first."""
        if self._last is None:
            raise LookupError(f"{self.name} has not done anything yet")
        return self._last

    async def _do(self, fields: Fields, *, tries: int = TRIES, patience: float | None = None) -> str | None:
        self._last = await self.simulator.send(self.openid, fields, tries=tries, patience=patience)
        return self._last.text

    async def _event(self, event: str, **fields: object) -> str | None:
        return await self._do({"MsgType": "event", "Event": event, **fields})

    async def follow(self, scene: str = "", ticket: str = "") -> str | None:
        """Follow the account, by its QR code when a scene is given."""
        if not scene:
            return await self._event("subscribe", EventKey="")
        return await self._event("subscribe", EventKey=f"qrscene_{scene}", Ticket=ticket)

    async def unfollow(self) -> None:
        """Stop following."""
        await self._event("unsubscribe", EventKey="")

    async def scan(self, scene: str, ticket: str = "") -> str | None:
        """Scan a QR code as somebody who already follows."""
        return await self._event("SCAN", EventKey=scene, Ticket=ticket)

    async def say(
        self,
        text: str,
        msg_id: int | None = None,
        created: int | None = None,
        *,
        tries: int = TRIES,
        patience: float | None = None,
    ) -> str | None:
        """Type and send; `patience` is how many seconds a try may take, `tries` how many there are."""
        fields: dict[str, object] = {"MsgType": "text", "Content": text}
        if created is not None:
            fields["CreateTime"] = created
        if msg_id is not None:
            fields["MsgId"] = msg_id
        return await self._do(fields, tries=tries, patience=patience)

    async def voice(self, recognition: str | None = None, media_id: str = "simulated-voice") -> str | None:
        """Speak; `recognition` None is an account without it, "" one that understood nothing."""
        fields: dict[str, object] = {"MsgType": "voice", "MediaId": media_id, "Format": "amr"}
        if recognition is not None:
            fields["Recognition"] = recognition
        return await self._do(fields)

    async def image(
        self, url: str = "http://127.0.0.1/picture.png", media_id: str = "simulated-image"
    ) -> str | None:
        """Send a picture."""
        return await self._do({"MsgType": "image", "PicUrl": url, "MediaId": media_id})

    async def location(self, latitude: float, longitude: float) -> str | None:
        """Let the account know where the phone is (the LOCATION event)."""
        given = {"Latitude": f"{latitude:.6f}", "Longitude": f"{longitude:.6f}", "Precision": "30.0"}
        return await self._event("LOCATION", **given)

    async def click(self, menu_key: str) -> str | None:
        """Tap a menu button of type click."""
        return await self._event("CLICK", EventKey=menu_key)

    async def view(self, url: str, menu_id: str = "100000000") -> None:
        """Tap a menu button of type view."""
        await self._event("VIEW", EventKey=url, MenuId=menu_id)

    async def tap(self, label: str) -> str | None:
        """Tap a link or menu item that sends a message: the newest one whose words contain `label`."""
        link = await self._link(label, "say")
        fields = {"MsgType": "text", "Content": link.target, "bizmsgmenuid": link.menu_id}
        return await self._do(fields)

    async def link(self, label: str) -> str:
        """The address behind the newest link whose words contain `label`, to be opened in a browser."""
        return (await self._link(label, "open")).target

    async def _link(self, label: str, kind: str) -> Segment:
        """The newest line's link that says exactly this, a number aside, else one that contains it."""
        for line in reversed(await self.simulator.lines(self.openid)):
            found = [one for one in links(line) if one.kind == kind and label in one.label]
            exact = (one for one in found if label in (one.label, one.label.partition(" ")[2], one.target))
            if found:
                return next(exact, found[0])
        raise LookupError(f"{self.name} sees no link {label!r}")

    async def redeliver(self, delivery: Delivery | None = None, *, identical: bool = False) -> str | None:
        """WeChat delivers a message again, in a new envelope or byte by byte the same."""
        earlier = delivery or self.last
        self._last = await self.simulator.send(
            self.openid,
            earlier.fields,
            again=True,
            tries=1,
            envelope=earlier.envelope if identical else None,
        )
        return self._last.text

    async def deliver_parallel(self, n: int, text: str, msg_id: int, created: int) -> list[Delivery]:
        """One message delivered `n` times at once, as when retries overtake a slow first attempt."""
        fields: Fields = {"MsgType": "text", "Content": text, "CreateTime": created, "MsgId": msg_id}
        sending = [self.simulator.send(self.openid, fields, again=number > 0, tries=1) for number in range(n)]
        deliveries = await asyncio.gather(*sending)
        self._last = deliveries[0]
        return deliveries


def links(line: Line) -> list[Segment]:
    """Everything in a chat line that can be tapped."""
    match line.kind:
        case "text":
            return [one for one in segments(str(line.content["text"])) if one.kind != "text"]
        case "menu":
            words = [str(line.content["head"]), str(line.content["tail"])]
            items = line.content["items"]
            chosen = items if isinstance(items, list) else []
            tappable = [Segment("say", one["label"], one["label"], numeric_id(one["id"])) for one in chosen]
            return tappable + [one for text in words for one in segments(text) if one.kind != "text"]
        case "news" | "article":
            articles = line.content["articles"]
            chosen = articles if isinstance(articles, list) else []
            return [Segment("open", str(one.get("title")), str(one.get("url"))) for one in chosen]
        case _:
            return []
