"""The simulated WeChat as one object, built here once and mounted as one application."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from random import Random

from aiohttp import web

from bot.simulator.accounts import Account
from bot.simulator.courier import TRIES, Courier, Delivery
from bot.simulator.customer import CustomerMessage, CustomerService, open_window
from bot.simulator.datacube import Datacube
from bot.simulator.drafts import Drafts
from bot.simulator.faults import Faults
from bot.simulator.followers import Followers
from bot.simulator.mass import MassSends
from bot.simulator.mass_jobs import MassJobs
from bot.simulator.media import MediaStore
from bot.simulator.notices import SubscriptionNotices
from bot.simulator.oauth import OAuth
from bot.simulator.options import SHANGHAI, Clock, SimulatorOptions
from bot.simulator.people import Line, People, Person
from bot.simulator.platform import Call, Platform
from bot.simulator.publishing import Publishing
from bot.simulator.quotas import Quotas
from bot.simulator.residents import Resident
from bot.simulator.tokens import Tokens
from bot.simulator.wire import Envelope, Envelopes, Fields

TICK_SECONDS = 0.5
ASSISTANT = "oMassSendAssistant0000000000"
"""Who finish events come from."""

SILENT_EVENTS = frozenset(
    {
        "unsubscribe",
        "location",
        "view",
        "masssendjobfinish",
        "publishjobfinish",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "subscribe_msg_sent_event",
    }
)
"""Events after which WeChat shows no excuse when the server failed."""


class Simulator:
    """One account, its residents and its platform; `app` is what gets mounted.

    Not thread-safe; everything runs in one event loop.
    """

    def __init__(self, options: SimulatorOptions, clock: Clock, rng: Random) -> None:
        self.options = options
        self.clock = clock
        self.rng = rng
        self._ticks = options.ticks
        self.people = People(options.app_id)
        self.faults = Faults()
        self.tokens = Tokens(options, rng)
        self.quotas = Quotas(options.app_id)
        self.media = MediaStore(rng)
        self.drafts = Drafts(self.media, rng)
        self.account = Account(options, rng)
        self.followers = Followers(self.people)
        self.customer = CustomerService(self.people, self.media.has)
        self.mass = MassJobs(options, self.people, self.drafts)
        self.publishing = Publishing(self.drafts, rng)
        self.datacube = Datacube(self.mass, self.publishing)
        self.notices = SubscriptionNotices(options, self.people)
        self.oauth = OAuth(options, self.people, rng)
        self.courier = Courier(options, Envelopes(options.aes_key, options.app_id, rng), self.now, rng)
        sends = MassSends(options, self.people, self.drafts, self.media, self.mass, self.followers.tags, rng)
        families = (
            self.tokens,
            self.quotas,
            self.media,
            self.drafts,
            self.account,
            self.followers,
            self.customer,
            sends,
            self.publishing,
            self.notices,
            self.datacube,
            self.oauth,
        )
        endpoints = {path: one for family in families for path, one in family.endpoints().items()}
        self.quotas.know(endpoints)
        self.platform = Platform(options, clock, endpoints, self.tokens, self.quotas, self.faults)
        self._message_id = rng.randrange(23_000_000_000_000_000, 24_000_000_000_000_000)
        self._ticking = asyncio.Lock()
        self.app = web.Application()
        self.app.cleanup_ctx.append(self._life)
        self.app.on_shutdown.append(self._release)

    @property
    def calls(self) -> deque[Call]:
        """Every API call, oldest first."""
        return self.platform.calls

    @property
    def mass_effects(self) -> Counter[str]:
        """How often a mass send really went out, by clientmsgid (by msg_id where none was given)."""
        return self.mass.effects

    @property
    def customer_messages(self) -> list[CustomerMessage]:
        """Every customer-service message that reached a resident."""
        return self.customer.sent

    def now(self) -> int:
        """The clock in WeChat's whole seconds."""
        return int(self.clock().timestamp())

    def complete(self, openid: str, fields: Fields) -> dict[str, object]:
        """The message with what WeChat adds: addresses, create time, an id unless it is an event."""
        whole: dict[str, object] = {
            "ToUserName": self.options.original_id,
            "FromUserName": openid,
            "CreateTime": self.now(),
            **fields,
        }
        if whole.get("MsgType") != "event" and "MsgId" not in whole:
            self._message_id += 1
            whole["MsgId"] = self._message_id
        return whole

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
        """A resident does something: it shows in the chat, opens its window, and is delivered to the service.

        `again` marks a repeated delivery of a message that was sent before: the platform knows it already.
        """
        person = self.people.get(openid) or self.people.add("居民", openid)
        whole = self.complete(openid, fields)
        if not again:
            self._note(person, whole)
        delivery = await self.courier.deliver(whole, tries=tries, envelope=envelope, patience=patience)
        self._show(person, delivery)
        return delivery

    def _note(self, person: Person, fields: Mapping[str, object]) -> None:
        now, event = self.now(), str(fields.get("Event", "")).lower()
        match str(fields.get("MsgType")), event:
            case "event", "subscribe":
                self._follow(person, str(fields.get("EventKey", "")).removeprefix("qrscene_"))
                open_window(person, "scan" if fields.get("EventKey") else "subscribe", now)
            case "event", "unsubscribe":
                if person.following:
                    self.datacube.left.append(self.clock().astimezone(SHANGHAI).date())
                person.following = False
                person.tags.clear()
                person.allowances.clear()
            case "event", "scan":
                open_window(person, "scan", now)
            case "event", "click" | "scancode_push" | "scancode_waitmsg":
                open_window(person, "click", now)
            case "event", _:
                pass
            case "text", _:
                open_window(person, "click" if "bizmsgmenuid" in fields else "message", now)
                self.people.write(person, now, "resident", "text", text=fields.get("Content", ""))
            case "voice", _:
                open_window(person, "message", now)
                heard = fields.get("Recognition", "")
                self.people.write(person, now, "resident", "voice", text=heard, seconds=3)
            case "image", _:
                open_window(person, "message", now)
                self.people.write(person, now, "resident", "image", media_id=fields.get("MediaId", ""))
            case kind, _:
                open_window(person, "message", now)
                self.people.write(person, now, "resident", "notice", text=f"[{kind}]")

    def _follow(self, person: Person, scene: str) -> None:
        if not person.following:
            self.datacube.came.append(self.clock().astimezone(SHANGHAI).date())
        person.following = True
        person.subscribed_at = self.now()
        person.scene = "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH"
        person.scene_text = scene

    def _show(self, person: Person, delivery: Delivery) -> None:
        if delivery.problem:
            event = str(delivery.fields.get("Event", "")).lower()
            if event not in SILENT_EVENTS:
                self.people.write(person, self.now(), "system", "notice", text=delivery.excuse)
            return
        shown = delivery.reply.shown() if delivery.reply else None
        if shown is None:
            return
        kind, content = shown
        last = next((line for line in reversed(person.chat) if line.side == "account"), None)
        repeated = last is not None and person.chat[-1] is last and (last.kind, last.content) == shown
        if not repeated:
            self.people.write(person, self.now(), "account", kind, **content)

    async def lines(self, openid: str) -> list[Line]:
        """What stands in a resident's chat, oldest first."""
        person = self.people.get(openid)
        return list(person.chat) if person else []

    def resident(self, name: str) -> Resident:
        """The scripted resident of that name, with an openid that is always the same."""
        return self.resident_of(self.people.add(name))

    def resident_of(self, person: Person) -> Resident:
        """The same for somebody whom the simulator knows already."""
        return Resident(self, person.openid, person.name)

    async def event(self, name: str, openid: str = ASSISTANT, **fields: object) -> Delivery:
        """Deliver any event, known or not, as the platform would."""
        whole = self.complete(openid, {"MsgType": "event", "Event": name, **fields})
        return await self.courier.deliver(whole)

    async def tick(self) -> list[Delivery]:
        """Do what is due now: confirmations that ran out, sends, publications; deliver their events."""
        async with self._ticking:
            events = [
                *self.mass.run(self.now()),
                *self.publishing.run(self.now()),
                *self.notices.take_events(),
            ]
            return [await self.courier.deliver(self.complete(ASSISTANT, event)) for event in events]

    async def _release(self, _app: web.Application) -> None:
        self.faults.clear()

    async def _life(self, _app: web.Application) -> AsyncIterator[None]:
        async def keep_ticking() -> None:
            while True:
                await asyncio.sleep(TICK_SECONDS)
                await self.tick()

        ticking = asyncio.create_task(keep_ticking()) if self._ticks else None
        yield
        if ticking is not None:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
        await self.courier.close()
