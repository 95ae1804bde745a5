"""规范库: the texts that answers come from, who may change them, and how a second person agrees."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.problems import Conflict, NotFound
from bot.service import Service
from bot.web import rules_form
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.today_desk import Card, FirstStep
from content.rules import store, summaries, text_proposals
from content.rules.comparison import KINDS as DIFFERENCES
from content.rules.comparison import compare as compare_texts
from content.rules.document import TIERS, Article, Document
from content.rules.force import STATES
from content.rules.listing import Listed
from content.rules.proposals import Refused
from content.rules.text_changes import (
    KINDS,
    LONGEST_SUMMARY,
    NewFacts,
    NewSummary,
    TextChange,
    Withdrawal,
    facts_of,
    name_of,
)

routes = Routes(rail="规范库")
DESK = "/office/rules"
READERS = frozenset({"editor", "reviewer", "approver", "admin"})
WRITERS = frozenset({"editor", "reviewer", "approver"})
DECIDERS = frozenset({"reviewer", "approver"})
TEXT = DESK + "/{id:[0-9]{1,18}}"


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """What is in force or will be, what waits for a second person, and what is past."""
    async with visit.service.database.snapshot() as conn:
        texts = await store.list_documents(conn, visit.now.date())
        waiting = await text_proposals.listed(conn, ["proposed"])
        drafts = await text_proposals.listed(conn, ["draft"], author=visit.staff.name)
        decided = await text_proposals.listed(conn, ["approved", "rejected"], limit=10)
        named = await naming(conn)
    return visit.page(
        "rules.html",
        name_of=named,
        current=[one for one in texts if one.state in ("in_force", "waiting")],
        past=[one for one in texts if one.state not in ("in_force", "waiting")],
        waiting=waiting,
        drafts=drafts,
        decided=decided,
        may_write=bool(visit.staff.roles & WRITERS),
        TIERS=TIERS,
        STATES=STATES,
        KINDS=KINDS,
    )


@routes.get(TEXT, roles=READERS)
async def text(visit: Visit) -> web.StreamResponse:
    """One text: its facts, its versions, its articles with what the office says about them."""
    document, versions = await _text(visit)
    stored = next(one for one in versions if one.id == document.id)
    return visit.page(
        "rules_text.html",
        document=document,
        stored=stored,
        versions=[one for one in reversed(versions) if one.id != document.id],
        may_write=bool(visit.staff.roles & WRITERS) and stored.state != "withdrawn",
        TIERS=TIERS,
        STATES=STATES,
    )


@routes.get(TEXT + "/changes/{old:[0-9]{1,18}}", roles=READERS)
async def changes(visit: Visit) -> web.StreamResponse:
    """What a version says otherwise than another, article by article."""
    document, versions = await _text(visit)
    async with visit.service.database.snapshot() as conn:
        old = await store.get_document(conn, int(visit.request.match_info["old"]))
    if old is None or old.id not in {one.id for one in versions}:
        raise NotFound("没有这一版。请回到规范库再选一次。")
    return visit.page(
        "rules_changes.html",
        old=old,
        new=document,
        differences=compare_texts(old, document),
        DIFFERENCES=DIFFERENCES,
    )


@routes.get(TEXT + "/facts", roles=WRITERS)
async def edit_facts(visit: Visit) -> web.StreamResponse:
    """The form for what is known about a text beside its words."""
    document, versions = await _text(visit)
    stored = next(one for one in versions if one.id == document.id)
    return await _facts_page(visit, document, rules_form.filled(facts_of(document, stored.superseded_by)), ())


@routes.post(TEXT + "/facts", roles=WRITERS)
async def propose_facts(visit: Visit) -> web.StreamResponse:
    """Other facts go before a second person."""
    document, _ = await _text(visit)
    form = await visit.form()
    facts, faults = rules_form.read(form, title=document.title)
    if faults:
        return await _facts_page(visit, document, rules_form.as_sent(form), faults)
    return await _propose(visit, NewFacts(document.id, facts))


@routes.get(TEXT + "/withdraw", roles=WRITERS)
async def ask_withdraw(visit: Visit) -> web.StreamResponse:
    """What it means, before anybody proposes it."""
    document, _ = await _text(visit)
    return visit.page("rules_withdraw.html", document=document)


@routes.post(TEXT + "/withdraw", roles=WRITERS)
async def propose_withdrawal(visit: Visit) -> web.StreamResponse:
    """A withdrawal goes before a second person."""
    document, _ = await _text(visit)
    return await _propose(visit, Withdrawal(document.id, document.title))


@routes.get(TEXT + "/summary/{label}", roles=WRITERS)
async def edit_summary(visit: Visit) -> web.StreamResponse:
    """The form for an article in plain language, the article above it."""
    document, _ = await _text(visit)
    return _summary_page(visit, document, None)


@routes.post(TEXT + "/summary/{label}", roles=WRITERS)
async def propose_summary(visit: Visit) -> web.StreamResponse:
    """A summary goes before a second person."""
    document, _ = await _text(visit)
    written = (await visit.form()).text("text", 1000)
    article = _article(visit, document)
    if written == article.summary:
        raise Conflict("没有改动，所以没有提交。")
    change = NewSummary(document.work, article.label, summaries.words_of(article), written)
    try:
        return await _propose(visit, change)
    except Refused as refused:
        return _summary_page(visit, document, written, refused.words)


async def card(conn: AsyncConnection, _service: Service, now: datetime) -> Card | FirstStep | None:
    """For 今天: changes that wait for a second person; without any text, where to begin."""
    if waiting := await text_proposals.count_waiting(conn):
        words = "同事提交的规范改动，等您复核后生效。"
        return Card("规范库", f"{waiting} 项", words, "waiting", DECIDERS, DESK)
    if not await store.quotable(conn, now.date()):
        return FirstStep("还没有导入规范，居民的问题答不上来。", DESK + "/new", "导入规范")
    return None


async def _text(visit: Visit) -> tuple[Document, tuple[Listed, ...]]:
    async with visit.service.database.snapshot() as conn:
        document = await store.get_document(conn, int(visit.request.match_info["id"]))
        if document is None:
            raise NotFound("没有这份文本。请回到规范库再选一次。")
        return document, await store.list_documents(conn, visit.now.date(), document.work)


def _article(visit: Visit, document: Document) -> Article:
    label = visit.request.match_info["label"]
    found = next((one for one in document.articles if one.label == label), None)
    if found is None:
        raise NotFound(f"《{document.title}》里没有{label}。请回到规范库再选一次。")
    return found


async def _facts_page(
    visit: Visit, document: Document, fields: Mapping[str, str], faults: Sequence[str]
) -> web.StreamResponse:
    async with visit.service.database.snapshot() as conn:
        texts = await store.list_documents(conn, visit.now.date())
    return visit.page(
        "rules_facts.html",
        status=400 if faults else 200,
        document=document,
        fields=fields,
        faults=faults,
        works=sorted({one.work for one in texts if one.state != "withdrawn"} - {document.work}),
        TIERS=TIERS,
        DAYS=rules_form.DAYS,
    )


def _summary_page(
    visit: Visit, document: Document, written: str | None, fault: str = ""
) -> web.StreamResponse:
    article = _article(visit, document)
    return visit.page(
        "rules_summary.html",
        status=400 if fault else 200,
        document=document,
        article=article,
        written=article.summary if written is None else written,
        fault=fault,
        longest=LONGEST_SUMMARY,
    )


async def _propose(visit: Visit, change: TextChange) -> web.StreamResponse:
    async with visit.service.database.transaction() as conn:
        number = await text_proposals.propose(conn, change, visit.staff.name, visit.now)
        await visit.audit(conn, "提交规范改动", name_of(change), 编号=number)
    return visit.see_other(DESK, flash=f"“{name_of(change)}”已提交，等同事复核后生效。")
