"""The content that the chat speaks from, in memory; while it is rebuilt the old one serves."""

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import date, datetime, time

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.situation import Answered
from bot.config import Office
from bot.database import Database
from bot.inquiries import sampling
from bot.inquiries.messages import ENTRY
from bot.pushes import segments
from bot.wording import article_url, fits, link, tap
from content import autoreply_store
from content.autoreply import AccountTexts
from content.festivals import SHANGHAI
from content.rules import answer as answering
from content.rules import carrying, gates_store, revisions, store
from content.rules.answer import LONGEST_MESSAGE, Answer
from content.rules.gates import Gates, OfficeFacts, shipped_gates
from content.rules.homes import home_said
from content.rules.material import load_material
from content.rules.office_gates import extended
from content.rules.punishing import passage_at
from content.rules.search import Index
from content.rules.topic import Topic
from content.rules.waiting import Waiting, put_off, waiting_texts
from content.rules.words import fold

log = logging.getLogger(__name__)

_TYPE_FOR_MORE = re.compile(r"（节选，回复“[^”\n]*”查看全文）")


class LiveContent:
    """The rules and the account's own words as of the last refresh, which is at most a second ago."""

    def __init__(self, office: Office, public_url: str = "") -> None:
        self.office = facts_of(office)
        self.texts = AccountTexts(greeting=office.greeting)
        self._risk = office.answer_risk
        self.index = Index.build([])
        self.groups: Mapping[str, str] = {}
        self._places: tuple[str, ...] = ()
        self._public_url = public_url
        self._fallback = self.texts
        self._rules_state: tuple[int, date] | None = None
        self._quotable: tuple[int, frozenset[int], int] | None = None
        self._waiting: tuple[Waiting, ...] = ()
        self._texts_revision: int | None = None
        self._gates: Gates | None = None
        self._gates_revision: int | None = None

    def answer(self, text: str, topic: Topic | None = None, home: str = "") -> Answered:
        """What the rules say to a question; `topic` is what the answer before it was about.

        `home` is where the resident said to live.
        """
        found = answering.answer(text, self.index, self.office, gates=self.gates, topic=topic, home=home)
        found = put_off(found, self._waiting)
        cited = "；".join(f"《{one.document.title}》{one.article.label}" for one in found.citations)
        choices = tuple(choice.send for choice in found.choices)
        return Answered(
            in_the_chat(found, self._public_url),
            found.outcome,
            f"{ENTRY}{found.entry}" if found.entry else cited,
            choices,
            found.topic,
            found.urgent,
            found.confidence,
            found.features,
        )

    @property
    def gates(self) -> Gates:
        """The shipped gates with what the office added."""
        return self._gates or shipped_gates()

    def emergency(self, text: str, at_any_sound: bool) -> Answered | None:
        """The words that come before everything else, when a message tells of an emergency.

        `at_any_sound` hears also one that only sounds so, where no article could answer it anyway.
        """
        folded = fold(text[:LONGEST_MESSAGE])
        gate = self.gates.first(folded) or (self.gates.last(folded) if at_any_sound else None)
        if gate is None or gate.outcome != "emergency":
            return None
        return Answered(gate.words(self.office), gate.outcome, urgent=gate.urgent)

    def home_said(self, text: str) -> str:
        """The home that a message tells, if a place with rules or a group of its own holds it; else ""."""
        return home_said(text, (*self.index.own_areas, *self._places))

    async def refresh(self, database: Database, now: datetime) -> None:
        """Take over what changed in the database or at midnight; cheap when nothing did."""
        await asyncio.to_thread(shipped_gates)  # a second's work the first time, none afterwards
        async with database.snapshot() as connection:
            waits = await carrying.waits(connection, now.date())
        if waits:
            async with database.transaction() as connection:
                lost = await carrying.take_over(connection, now.date())
            log.info("a new version took over", extra={"lost": lost})
        async with database.snapshot() as connection:
            rules = await revisions.revision(connection)
            texts = await autoreply_store.revision(connection)
            gates = await gates_store.revision(connection)
            known = await segments.everything(connection)
            self.groups, self._places = segments.offered(known), segments.places(known)
            if (rules, now.date()) != self._rules_state:
                await self._refresh_rules(connection, rules, now.date())
            if texts != self._texts_revision:
                version = await autoreply_store.current(connection)
                self.texts = version.texts if version is not None else self._fallback
                self._texts_revision = texts
            if gates != self._gates_revision:
                if spoilt := await gates_store.passed_over(connection):
                    said = {"version": spoilt.id, "why": spoilt.spoilt}
                    log.error("a version of the gates cannot be used, an earlier one serves", extra=said)
                added = await gates_store.live(connection)
                self._gates = extended(shipped_gates(), added.added) if added else None
                self._gates_revision = gates

    async def _refresh_rules(self, connection: AsyncConnection, revision: int, day: date) -> None:
        labels = await sampling.labels(connection, start_of(day))
        quotable = (revision, await store.quotable(connection, day), len(labels))
        if quotable != self._quotable:
            material = await load_material(connection, day)
            self.index = await asyncio.to_thread(material.index, labels, self._risk)
            self._waiting = waiting_texts(await store.list_documents(connection, day))
            self._quotable = quotable
            log.info("rules loaded", extra={"documents": len(material.documents), "revision": revision})
        self._rules_state = (revision, day)


def start_of(day: date) -> int:
    """When a day begins in Shanghai (epoch seconds): what was judged until then has every replica learnt."""
    return int(datetime.combine(day, time(), SHANGHAI).timestamp())


def facts_of(office: Office) -> OfficeFacts:
    """What the answers need to know of the office."""
    return OfficeFacts(
        office.name, office.hotline, office.area, office.complaint_url, office.protection_hotlines
    )


def in_the_chat(found: Answer, public_url: str) -> str:
    """The reply with words to tap: choices, the article's page, what may be asked next; what fits."""
    reply = found.reply
    for number, choice in enumerate(found.choices, 1):
        line = f"{number}. {choice.text}"
        reply = reply.replace(line, tap(line, choice.send), 1)
    if not fits(reply):
        reply = found.reply
    if public_url and found.citations:
        longer = f"{_TYPE_FOR_MORE.sub('（节选）', reply)}\n{link('查看全文', _page(found, public_url))}"
        reply = longer if fits(longer) else reply
    if found.follow_ups:
        longer = f"{reply}\n接着问：{'　'.join(tap(words) for words in found.follow_ups)}"
        reply = longer if fits(longer) else reply
    return reply


def _page(found: Answer, public_url: str) -> str:
    first, topic = found.citations[0], found.topic
    about = topic is not None and topic.label == first.article.label
    passage = passage_at(first.article, topic.paragraph, topic.item) if topic and about else None
    return article_url(public_url, first.document, first.article, passage)
