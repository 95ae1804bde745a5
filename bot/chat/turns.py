"""What a batch of messages does: load the senders' situations, decide in order, apply at once."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox, residents
from bot.chat import late_replies
from bot.chat.conversation import decide, wants_survey
from bot.chat.effects import Effects, record, write
from bot.chat.flooding import Flooding
from bot.chat.inbox import Handled, People, Ticket
from bot.chat.live import LiveContent
from bot.chat.own_data import is_about_data
from bot.chat.situation import Decision, Person, World
from bot.config import Office, Privacy
from bot.inquiries import letters
from bot.inquiries.letters import Letter
from bot.pushes import segments, subscriptions
from bot.residents import Resident, respondent_key
from bot.retention.erasure import Erasure
from bot.retention.shredding import Shredder
from bot.waves import panel
from bot.waves.open_wave import OpenWave
from bot.waves.open_waves import OpenWaves
from bot.wechat.incoming import Incoming
from surveys import store
from surveys.store import Draft

log = logging.getLogger(__name__)

# WeChat delivers a message three times in all, and then tells the resident that the account does not answer.
LAST_DELIVERY = timedelta(seconds=20)
OWN_WISH = "居民本人"
"""Whom the audit trail names for an erasure by chat."""
APOLOGY = "抱歉，这条消息我没能处理好。请换个说法再发一次，或拨打 {hotline}。"


class NotAlone(Exception):
    """Somebody has themselves erased, and another message of theirs is in the same batch."""


class PlaceLost(Exception):
    """Somebody's last answer found a quota full, and a later message was decided as if it had counted."""


class DraftChanged(Exception):
    """Another door changed an interview at the same moment; the message is decided again on the new state."""


class Turns:
    """The `process` of the inbox."""

    def __init__(
        self,
        office: Office,
        live: LiveContent,
        public_url: str,
        new_token: Callable[[], str],
        sends_customer_messages: bool,
        erasure: Erasure,
        shredder: Shredder,
        privacy: Privacy,
    ) -> None:
        self._office = office
        self._erasure = erasure
        self._shredder = shredder
        self._privacy = privacy
        self._public_url = public_url
        self._new_token = new_token
        self._live = live
        self._sends_customer_messages = sends_customer_messages
        self._flooding = Flooding()
        self._open_waves = OpenWaves()

    async def process(
        self, connection: AsyncConnection, people: People, tickets: Sequence[Ticket], now: datetime
    ) -> list[Handled]:
        """Decide the messages in their order and write what they change; the rows for the inbox."""
        world = await self._world(connection, now)
        incomings = [ticket.incoming for ticket in tickets]
        before = await _situations(connection, people, incomings, world.waves)
        persons = dict(before)
        owed = await letters.owed(connection, [person.resident.id for person in persons.values()])
        effects = Effects()
        handled: list[Handled] = []
        for ticket in tickets:
            openid = ticket.incoming.openid
            if (words := self._refused(ticket, world)) is not None:
                handled.append(Handled(words, people[openid].id, None))
                continue
            decision = self._decide(ticket.incoming, persons[openid], world)
            if ticket.deliveries_waiting or self._sends_customer_messages:  # else nobody may get the reply
                decision = _with_letters(decision, owed, effects)
            self._flooding.said(openid, decision.reply)
            followed, follows = persons[openid].resident.following, decision.person.resident.following
            effects.came += follows and not followed
            effects.gone += followed and not follows
            persons[openid] = decision.person
            if decision.erase:
                if sum(one.openid == openid for one in incomings) > 1:
                    raise NotAlone
                effects.erased.append(decision.person.resident)
                handled.append(Handled(decision.reply, None, None))
                continue
            if decision.panel is not None:
                effects.panel[openid] = decision.panel
            if decision.finished is not None:
                effects.endings.append((len(handled), decision.if_full))
            effects.collect(ticket.incoming, decision, now)
            if self._sends_customer_messages and decision.reply and ticket.deliveries_waiting == 0:
                resident = decision.person.resident.id
                effects.late.append(late_replies.entry(ticket.incoming.key, resident, decision.reply, now))
            handled.append(Handled(decision.reply, decision.person.resident.id, decision.wave_id))
        held = {one.id for one in world.waves}
        for place, words in await record(connection, effects, held):
            if any(one.openid == incomings[place].openid for one in incomings[place + 1 :]):
                raise PlaceLost
            handled[place] = replace(handled[place], reply=words)
            late = late_replies.key_of(incomings[place].key)
            effects.late = [
                replace(one, payload={"text": words}) if one.key == late else one for one in effects.late
            ]
        await _move(connection, before, persons, held)
        await write(connection, effects, now)
        await self._settle_panel(connection, persons, effects, now)
        if self._sends_customer_messages:
            await letters.send(connection, [letter.id for letter in effects.unfit], now)
        for one in effects.erased:
            await self._erasure.erase_in(connection, one.id, one.openid, now, OWN_WISH)
            self._shredder.note(now)
        return handled

    async def repeated(self, connection: AsyncConnection, keys: Sequence[str]) -> None:
        """WeChat came back for a reply after all: it needs no customer-service message any more."""
        await outbox.withdraw(connection, [late_replies.key_of(key) for key in keys])

    async def _world(self, connection: AsyncConnection, now: datetime) -> World:
        """What is the same for the whole batch."""
        return World(
            now=now,
            office=self._office,
            texts=self._live.texts,
            answer=self._live.answer,
            emergency=self._live.emergency,
            home_said=self._live.home_said,
            groups=self._live.groups,
            waves=await self._open_waves.load(connection, now),
            not_open=await self._open_waves.not_open(connection, now),
            new_token=self._new_token,
            public_url=self._public_url,
            privacy=self._privacy,
        )

    def _refused(self, ticket: Ticket, world: World) -> str | None:
        """What is said instead of deciding; None is the rule. An emergency is heard at any pace.

        Where no customer-service message can follow, a message that WeChat has given up has no effect: its
        sender was told that the account does not answer, and may have typed the same answer again.
        """
        incoming = ticket.incoming
        given_up = ticket.deliveries_waiting == 0 and world.now - ticket.taken_at > LAST_DELIVERY
        if given_up and incoming.kind != "event" and not self._sends_customer_messages:
            return ""
        if self._flooding.echoes(incoming):
            return ""
        words = self._flooding.stops(incoming, world.now)
        return None if words is None or world.emergency(incoming.text, False) is not None else words

    async def _settle_panel(
        self, connection: AsyncConnection, persons: Mapping[str, Person], effects: Effects, now: datetime
    ) -> None:
        """Who agreed belongs to the panel, who left does not; its key is made with the first member."""
        ids = {openid: persons[openid].resident.id for openid in effects.panel}
        joining = [ids[openid] for openid, joins in effects.panel.items() if joins]
        if joining:
            await panel.join(connection, joining, sha256(self._new_token().encode()).digest(), now)
        for openid, joins in effects.panel.items():
            if not joins:
                await panel.leave(connection, ids[openid], openid)

    def _decide(self, incoming: Incoming, person: Person, world: World) -> Decision:
        """A message that breaks the decision fails alone, and its sender is not left without a word."""
        try:
            return decide(incoming, person, world)
        except Exception as error:
            log.error("decision failed", extra={"why": type(error).__name__, "message_kind": incoming.kind})
            return Decision(APOLOGY.format(hotline=self._office.hotline), person)


async def _situations(
    connection: AsyncConnection,
    people: Mapping[str, Resident],
    incomings: Sequence[Incoming],
    open_waves: Sequence[OpenWave],
) -> dict[str, Person]:
    openids = list(dict.fromkeys(incoming.openid for incoming in incomings))
    keys: dict[tuple[int, str], str] = {}
    for one in open_waves:
        if one.wave.secret is not None:
            keys |= {(one.id, respondent_key(openid, one.wave.secret)): openid for openid in openids}
    drafts: dict[str, dict[int, Draft]] = {openid: {} for openid in openids}
    for key, draft in (await store.load_drafts(connection, list(keys), for_update=True)).items():
        drafts[keys[key]][draft.wave_id] = draft
    asking = {incoming.openid for incoming in incomings if wants_survey(incoming, tuple(open_waves))}
    wanted = [key for key, openid in keys.items() if openid in asking]
    answered: dict[str, set[int]] = {openid: set() for openid in openids}
    for key in await store.answered(connection, wanted):
        answered[keys[key]].add(key[0])
    telling = {people[one.openid].id for one in incomings if is_about_data(one.text)}
    groups = await segments.names_of(connection, list(telling)) if telling else {}
    members = await panel.belonging(connection, list(telling))
    agreed = await subscriptions.of(connection, list(telling)) if telling else {}
    return {
        openid: Person(
            people[openid],
            drafts[openid],
            frozenset(answered[openid]),
            groups.get(people[openid].id, ()),
            people[openid].id in members,
            agreed.get(people[openid].id, ()),
        )
        for openid in openids
    }


async def _move(
    connection: AsyncConnection,
    before: Mapping[str, Person],
    after: Mapping[str, Person],
    held: Collection[int],
) -> None:
    """Write the interviews under way and the residents that the batch changed."""
    changed: list[Draft] = []
    dropped: list[store.Key] = []
    for openid, person in after.items():
        old = before[openid].drafts
        changed += [draft for wave_id, draft in person.drafts.items() if old.get(wave_id) is not draft]
        dropped += [(w, draft.respondent) for w, draft in old.items() if w not in person.drafts]
    if changed and await store.save_drafts(connection, changed, held=held):
        raise DraftChanged
    if dropped:
        await store.discard_drafts(connection, dropped)
    await residents.save(
        connection,
        [p.resident for openid, p in after.items() if p.resident != before[openid].resident],
    )


def _with_letters(decision: Decision, owed: dict[int, list[Letter]], effects: Effects) -> Decision:
    """The reply with what the office owes its reader before it.

    The words for an emergency stand alone, and the end of an interview may still turn out otherwise.
    """
    waiting = owed.get(decision.person.resident.id)
    is_emergency = decision.asked is not None and decision.asked.outcome == "emergency"
    if not waiting or not decision.reply or decision.erase or decision.finished or is_emergency:
        return decision
    del owed[decision.person.resident.id]
    reply, given = letters.beside(decision.reply, waiting)
    effects.given += given
    effects.unfit += waiting[len(given) :]
    return replace(decision, reply=reply)
