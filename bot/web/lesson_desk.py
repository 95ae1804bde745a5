"""教会系统: what the office teaches the answers; tried on past questions, in force by a second person."""

from collections.abc import Mapping
from typing import Any, get_args

from aiohttp import web

from bot.chat.live import LiveContent
from bot.inquiries import rehearsal
from bot.office import staff
from bot.problems import Conflict, NotFound, Problem
from bot.web import lesson_form
from bot.web.campaign_turns import name_of
from bot.web.guard import Routes, Visit
from bot.web.lesson_form import FIELDS, KINDS, OUTCOMES, fields_of, place_words
from content.rules import proposals
from content.rules.changes import LONGEST_WORD, Change, faults
from content.rules.entries import Entry, shipped_entries
from content.rules.passages import passages_of
from content.rules.proposals import Proposal, Refused, State
from content.rules.search import Index

routes = Routes(rail="留言")
DESK = "/office/lessons"
ONE = f"{DESK}/{{id:[0-9]{{1,18}}}}"
READERS = frozenset({"editor", "reviewer", "approver"})
DECIDERS = frozenset({"reviewer", "approver"})
LONGEST_REASON = 300
STATES: Mapping[State, str] = {
    "proposed": "等复核",
    "approved": "正在用",
    "rejected": "没有通过",
    "withdrawn": "已撤回",
    "replaced": "有了新版",
}
SHOWN_AT_MOST = 300


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The changes in one state, the newest first; the starter entries as long as they were not proposed."""
    wanted = visit.request.query.get("state", "proposed")
    state: State = next((one for one in get_args(State) if one == wanted), "proposed")
    async with visit.service.database.snapshot() as conn:
        found = await proposals.listed(conn, [state], limit=SHOWN_AT_MOST)
        unseen = await proposals.unseen(conn, shipped_entries())
        people = await staff.everybody(conn)
    return visit.page(
        "lessons.html",
        found=found,
        state=state,
        states=STATES,
        unseen=len(unseen),
        name_of=lambda name: name_of(name, people),
        mine=sum(one.author == visit.staff.name for one in found),
        can_decide=bool(visit.staff.roles & DECIDERS),
        **_words(),
    )


@routes.post(f"{DESK}/starter", roles=READERS)
async def starter(visit: Visit) -> web.StreamResponse:
    """Put the starter entries before a second person."""
    async with visit.service.database.transaction() as conn:
        added = await proposals.propose_new_entries(conn, shipped_entries(), visit.staff.name, visit.now)
        await visit.audit(conn, "提交入门问答", "教会系统", 条数=added)
    return visit.see_other(DESK, flash=f"{added} 条入门问答在等复核。请一位同事看过后通过。")


@routes.get(f"{DESK}/new", roles=READERS)
async def new(visit: Visit) -> web.StreamResponse:
    """The form; an alias or a question first needs its article."""
    query = visit.request.query
    given = {name: query.get(name, "")[:1000] for name in FIELDS} | {"kind": query.get("kind", "question")}
    asked = query.get("q", "")[:200]
    given["question"] = given["question"] or asked
    given["words"] = given["words"] or (asked if len(asked) <= LONGEST_WORD else "")
    given["questions"] = given["questions"] or asked
    return _form_page(visit, given)


@routes.post(f"{DESK}/try", roles=READERS)
async def try_out(visit: Visit) -> web.StreamResponse:
    """What the change would do to past questions, before anything is kept."""
    form = await visit.form()
    index = _live(visit).index
    try:
        change = lesson_form.read(form, index)
        if words := next(faults(change), ""):
            raise Problem(words)
    except Problem as problem:
        return _form_page(visit, {name: form.text(name) for name in FIELDS}, problem)
    found = await rehearsal.rehearse(visit.service, [change], visit.now)
    return visit.page(
        "lesson_try.html", change=change, fields=fields_of(change), found=found, **_words(index, change)
    )


@routes.post(DESK, roles=READERS)
async def submit(visit: Visit) -> web.StreamResponse:
    """Put the change before a second person."""
    change = lesson_form.read(await visit.form(), _live(visit).index)
    try:
        async with visit.service.database.transaction() as conn:
            (number,) = await proposals.propose(conn, [change], visit.staff.name, visit.now)
            await visit.audit(conn, "提交复核", f"教会系统 {number}")
    except Refused as refused:
        raise Problem(refused.words) from refused
    return visit.see_other(f"{DESK}/{number}", flash="已提交，同事通过后生效。")


@routes.get(ONE, roles=READERS)
async def show_one(visit: Visit) -> web.StreamResponse:
    """One change with its history; where it waits, with what it would do to past questions."""
    async with visit.service.database.snapshot() as conn:
        proposal = _found(await proposals.get(conn, _number(visit)))
        people = await staff.everybody(conn)
    is_open = proposal.state == "proposed"
    found = await rehearsal.rehearse(visit.service, [proposal.change], visit.now) if is_open else None
    return visit.page(
        "lesson.html",
        proposal=proposal,
        fields=fields_of(proposal.change),
        found=found,
        states=STATES,
        name_of=lambda name: name_of(name, people),
        is_author=proposal.author == visit.staff.name,
        can_decide=bool(visit.staff.roles & DECIDERS),
        **_words(_live(visit).index, proposal.change),
    )


@routes.post(f"{DESK}/approve", roles=DECIDERS)
async def approve(visit: Visit) -> web.StreamResponse:
    """Put one or several changes of colleagues in force."""
    ids = _numbers((await visit.form()).texts("proposal", 18))
    try:
        async with visit.service.database.transaction() as conn:
            approved = await proposals.approve(conn, ids, visit.staff.name, visit.now)
            for one in approved.done:
                await visit.audit(conn, "通过", f"教会系统 {one.id}", 提交人=one.author)
    except Refused as refused:
        raise Conflict(refused.words) from refused
    left = f"另有 {approved.left} 条没有通过：自己提的要由同事复核，或刚被别人处理。" * bool(approved.left)
    return visit.see_other(DESK, flash=f"{len(approved.done)} 条已生效，一秒内用于回答。{left}")


@routes.post(f"{ONE}/reject", roles=READERS)
async def reject(visit: Visit) -> web.StreamResponse:
    """Send it back; an author may take back what is theirs."""
    reason = (await visit.form()).text("reason", LONGEST_REASON)
    try:
        async with visit.service.database.transaction() as conn:
            proposal = _found(await proposals.get(conn, _number(visit)))
            if proposal.author != visit.staff.name and not visit.staff.roles & DECIDERS:
                raise Problem("只有复审、终审或提交人本人可以退回。")
            await proposals.reject(conn, proposal.id, visit.staff.name, reason, visit.now)
            await visit.audit(conn, "退回", f"教会系统 {proposal.id}")
    except Refused as refused:
        raise Conflict(refused.words) from refused
    return visit.see_other(DESK, flash="已退回，没有生效。")


@routes.post(f"{ONE}/withdraw", roles=DECIDERS)
async def withdraw(visit: Visit) -> web.StreamResponse:
    """Take it out of the answers; the history stays, and it may be proposed again."""
    reason = (await visit.form()).text("reason", LONGEST_REASON)
    try:
        async with visit.service.database.transaction() as conn:
            await proposals.withdraw(conn, _number(visit), visit.staff.name, reason, visit.now)
            await visit.audit(conn, "撤回", f"教会系统 {_number(visit)}")
    except Refused as refused:
        raise Conflict(refused.words) from refused
    return visit.see_other(f"{DESK}/{_number(visit)}", flash="已撤回，一秒内不再用于回答。")


def _form_page(visit: Visit, given: Mapping[str, str], problem: Problem | None = None) -> web.Response:
    index = _live(visit).index
    article = index.article(given["title"], given["label"])
    places = [] if article is None else [(one.place, one.whole) for one in passages_of(article[1])]
    return visit.page(
        "lesson_new.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        given=given,
        titles=[document.title for document in index.documents],
        places=places,
        **_words(index),
    )


def _words(index: Index | None = None, change: Change | None = None) -> dict[str, Any]:
    entries = [*([change] if isinstance(change, Entry) else []), *(index.entries if index else ())]

    def where(one: str) -> str:
        """An entry's first question in the place of its key."""
        key = one.removeprefix("问答 ")
        entry = next((entry for entry in entries if entry.key == key), None)
        return f"问答“{entry.questions[0]}”" if entry else one

    return {"kinds": KINDS, "outcomes": OUTCOMES, "place_words": place_words, "where": where, "DESK": DESK}


def _found(proposal: Proposal | None) -> Proposal:
    if proposal is None:
        raise NotFound("没有这一条，什么也没有改动。请回到“教会系统”再看。")
    return proposal


def _numbers(values: list[str]) -> list[int]:
    if not values or not all(value.isascii() and value.isdecimal() for value in values):
        raise Problem("没有选中要通过的，什么也没有改动。请退回上一页，勾选后再试一次。")
    return [int(value) for value in values]


def _number(visit: Visit) -> int:
    return int(visit.request.match_info["id"])


def _live(visit: Visit) -> LiveContent:
    if visit.service.live is None:
        raise LookupError("this service was built without the chat")
    return visit.service.live
