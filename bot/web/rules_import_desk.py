"""规范库, importing: a file is read, looked through beside its warnings, and agreed to by a second person."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from aiohttp import web

from bot.problems import Conflict, NotFound, Problem
from bot.web import rules_form
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.routes import MEGABYTE
from bot.web.rules_desk import DECIDERS, DESK, READERS, WRITERS
from bot.web.visit import Upload
from content.rules import reading, store, text_proposals
from content.rules.comparison import KINDS as DIFFERENCES
from content.rules.comparison import compare
from content.rules.document import TIERS, Document, work_of
from content.rules.proposals import Refused
from content.rules.text_changes import (
    KINDS,
    NewFacts,
    NewSummary,
    NewText,
    TextChange,
    Withdrawal,
    facts_of,
    name_of,
    with_facts,
)
from content.rules.text_proposals import Headline

routes = Routes(rail="规范库")
PROPOSAL = DESK + "/proposals/{id:[0-9]{1,18}}"
LONGEST_EXCERPT = 120
MOST_EXCERPTS = 300


@routes.get(DESK + "/new", roles=WRITERS)
async def choose(visit: Visit) -> web.StreamResponse:
    """Where a file is chosen."""
    return visit.page("rules_new.html", error="")


@routes.post(DESK + "/new", roles=WRITERS, limit=25 * MEGABYTE)
async def upload(visit: Visit) -> web.StreamResponse:
    """Read the file and keep it as a draft of this person's."""
    sent = (await visit.form()).file("file")
    if sent is None:
        return visit.page("rules_new.html", status=400, error="请先选择一个文件。")
    try:
        change = await asyncio.to_thread(_read, sent)
    except ValueError as error:
        return visit.page("rules_new.html", status=400, error=str(error))
    async with visit.service.database.transaction() as conn:
        number = await text_proposals.draft(conn, change, visit.staff.name, visit.now)
    return visit.see_other(f"{DESK}/proposals/{number}")


@routes.get(PROPOSAL, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """What is proposed, in full: a draft with its form, anything else to read and to decide on."""
    headline, change = await _proposal(visit)
    return await _page(visit, headline, change)


@routes.post(PROPOSAL + "/submit", roles=WRITERS)
async def submit(visit: Visit) -> web.StreamResponse:
    """The draft with its facts put right goes before a second person."""
    headline, change = await _proposal(visit)
    if not isinstance(change, NewText):
        raise Conflict("这一项已经提交过了。")
    form = await visit.form()
    facts, faults = rules_form.read(form)
    if faults:
        return await _page(visit, headline, change, rules_form.as_sent(form), faults)
    ready = replace(change, parsed=with_facts(change.parsed, facts))
    async with visit.service.database.transaction() as conn:
        try:
            await text_proposals.submit(conn, headline.id, ready, visit.staff.name, visit.now)
        except Refused as refused:
            raise Conflict(refused.words) from refused
        await visit.audit(conn, "提交规范改动", facts.title, 编号=headline.id, 文件=change.file)
    return visit.see_other(DESK, flash=f"“{facts.title}”已提交，等同事复核后生效。")


@routes.post(PROPOSAL + "/discard", roles=WRITERS)
async def discard(visit: Visit) -> web.StreamResponse:
    """Throw the own draft away."""
    async with visit.service.database.transaction() as conn:
        gone = await text_proposals.discard(conn, int(visit.request.match_info["id"]), visit.staff.name)
    return visit.see_other(DESK, flash="草稿已放弃。" if gone else "这份草稿已经提交或放弃了。")


@routes.post(PROPOSAL + "/approve", roles=DECIDERS)
async def approve(visit: Visit) -> web.StreamResponse:
    """Agree: it is in force with this answer."""
    async with visit.service.database.transaction() as conn:
        try:
            done = await text_proposals.approve(
                conn, int(visit.request.match_info["id"]), visit.staff.name, visit.now
            )
        except (Refused, ValueError) as refused:
            raise Conflict(str(refused)) from refused
        await visit.audit(conn, "同意规范改动", done.name, 编号=done.id, 提出的人=done.author)
    return visit.see_other(DESK, flash=f"“{done.name}”已生效。")


@routes.post(PROPOSAL + "/reject", roles=WRITERS)
async def reject(visit: Visit) -> web.StreamResponse:
    """Send it back, or take the own one back."""
    reason = (await visit.form()).text("reason", 500)
    headline, _ = await _proposal(visit)
    own = headline.author == visit.staff.name
    if not own and not visit.staff.roles & DECIDERS:
        raise Problem("只有复审、终审可以退回同事的改动。")
    if not own and not reason:
        raise Problem("请写一句退回的原因，同事才知道怎么改。")
    async with visit.service.database.transaction() as conn:
        try:
            done = await text_proposals.reject(conn, headline.id, visit.staff.name, reason, visit.now)
        except Refused as refused:
            raise Conflict(refused.words) from refused
        await visit.audit(conn, "收回规范改动" if own else "退回规范改动", done.name, 编号=done.id)
    return visit.see_other(DESK, flash=f"“{done.name}”已{'收回' if own else '退回'}。")


def _read(sent: Upload) -> NewText:
    """The text of the file with the lines that its doubts are about; ValueError in words for staff."""
    if PurePath(sent.name).suffix.lower() == ".jsonl":
        raise ValueError("条文数据（.jsonl）请由维护人员用命令行导入；这里请选一份文件。")
    text, _ = reading.read_text(sent.content, sent.name)
    (parsed,) = reading.read_documents(sent.content, sent.name)
    if not parsed.document.articles:
        raise ValueError(f"“{sent.name}”里没有找到“第一条”这样的条文，也没有“一、”这样的编号，没有导入。")
    lines = text.split("\n")
    wanted = sorted({doubt.line for doubt in parsed.doubts if 0 < doubt.line <= len(lines)})
    excerpts = [(number, lines[number - 1].strip()[:LONGEST_EXCERPT]) for number in wanted[:MOST_EXCERPTS]]
    return NewText(parsed, sent.name[:200], tuple(excerpts))


async def _proposal(visit: Visit) -> tuple[Headline, TextChange]:
    async with visit.service.database.snapshot() as conn:
        found = await text_proposals.get(conn, int(visit.request.match_info["id"]))
    if found is None or (found[0].state == "draft" and found[0].author != visit.staff.name):
        raise NotFound("没有这一项，或者它已经被放弃。请回到规范库。")
    return found


async def _page(
    visit: Visit,
    headline: Headline,
    change: TextChange,
    sent: Mapping[str, str] | None = None,
    faults: tuple[str, ...] = (),
) -> web.StreamResponse:
    document, before = await _about(visit, change)
    async with visit.service.database.snapshot() as conn:
        named = await naming(conn)
    waits = headline.state == "proposed"
    own = headline.author == visit.staff.name
    return visit.page(
        "rules_proposal.html",
        name_of=named,
        status=400 if faults else 200,
        headline=headline,
        change=change,
        name=name_of(change),
        document=document,
        fields=sent or (rules_form.filled(facts_of(document)) if document else None),
        faults=faults,
        excerpts=dict(change.excerpts) if isinstance(change, NewText) else {},
        before=before,
        differences=compare(before, document) if isinstance(change, NewText) and before and document else (),
        rows=_rows(change, before),
        may_approve=waits and not own and bool(visit.staff.roles & DECIDERS),
        may_reject=waits and (own or bool(visit.staff.roles & DECIDERS)),
        own=own,
        KINDS=KINDS,
        TIERS=TIERS,
        DAYS=rules_form.DAYS,
        DIFFERENCES=DIFFERENCES,
    )


async def _about(visit: Visit, change: TextChange) -> tuple[Document | None, Document | None]:
    """The text that a change brings, and the stored one that it is about or follows."""
    async with visit.service.database.snapshot() as conn:
        match change:
            case NewText():
                work = work_of(change.parsed.document.title)
                versions = await store.list_documents(conn, visit.now.date(), work)
                last = next((one for one in reversed(versions) if one.state != "withdrawn"), None)
                return change.parsed.document, await store.get_document(conn, last.id) if last else None
            case NewFacts() | Withdrawal():
                return None, await store.get_document(conn, change.document)
            case NewSummary():
                return None, None


def _rows(change: TextChange, before: Document | None) -> list[tuple[str, str, str]]:
    """What a change of facts changes: the name of the fact, before and after."""
    if not isinstance(change, NewFacts) or before is None:
        return []
    old, new = rules_form.in_words(facts_of(before)), rules_form.in_words(change.facts)
    return [
        (words, old[words] or "（空）", new[words] or "（空）") for words in new if old[words] != new[words]
    ]
