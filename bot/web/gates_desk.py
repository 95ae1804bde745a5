"""关口: what is recognised before any article is looked for; the office adds words, and gates of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.live import facts_of
from bot.problems import Conflict, NotFound
from bot.service import Service
from bot.web import gates_form
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.today_desk import Card
from content.rules import gates_store as store
from content.rules.answer import LONGEST_MESSAGE
from content.rules.gates import Gate, Gates, ordinary_questions, shipped_gates
from content.rules.gates_store import Version
from content.rules.office_gates import OUTCOMES, OfficeGates, extended, faults
from content.rules.words import fold

routes = Routes(rail="关口")
DESK = "/office/gates"
READERS = frozenset({"editor", "reviewer", "approver", "admin"})
EDITORS = frozenset({"editor", "reviewer", "admin"})
APPROVERS = frozenset({"reviewer", "approver", "admin"})
OBJECT = "关口"
SHOWN = 5
UNCHANGED = "没有改动，没有提交。"


@dataclass(frozen=True, slots=True)
class Met:
    """A message and the gate that it meets, None where it goes on to the articles."""

    said: str
    gate: Gate | None
    reply: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the office's words for one gate."""

    title: str
    more: tuple[str, ...]
    fewer: tuple[str, ...]


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """All gates in order; a message can be tried against those in force and those that wait."""
    async with visit.service.database.snapshot() as conn:
        live, history = await store.live(conn), await store.history(conn)
        passed_over, name_of = await store.passed_over(conn), await naming(conn)
    waiting = _waiting(history)
    said = visit.request.query.get("say", "").strip()[:LONGEST_MESSAGE]
    in_force = _gates(live)
    return visit.page(
        "gates.html",
        name_of=name_of,
        gates=_listed(in_force),
        office_words=live.added.more if live else {},
        OUTCOMES=OUTCOMES,
        live=live,
        passed_over=passed_over,
        waiting=waiting,
        history=history,
        said=said,
        met=_meets(visit, in_force, [said])[0] if said else None,
        then=_meets(visit, _gates(waiting), [said])[0] if said and waiting else None,
        can_edit=bool(visit.staff.roles & EDITORS),
        can_approve=bool(visit.staff.roles & APPROVERS),
    )


@routes.get(f"{DESK}/edit", roles=EDITORS)
async def edit(visit: Visit) -> web.StreamResponse:
    """The form, filled with the newest version that can be used."""
    async with visit.service.database.snapshot() as conn:
        history = await store.history(conn)
    return _form_page(visit, _filled(history), history[0].id if history else 0)


@routes.post(f"{DESK}/edit", roles=EDITORS)
async def save(visit: Visit) -> web.StreamResponse:
    """试一试 shows which gates some messages would meet and keeps nothing; else a colleague must agree."""
    form = await visit.form()
    based_on = _number(form.text("based_on", 18))
    added = gates_form.read(form, shipped_gates().gates)
    wrong = tuple(faults(added, shipped_gates()))
    if form.text("act") == "try" or wrong:
        tried = gates_form.tried(form)
        return _form_page(visit, added, based_on, faults=wrong, tried=tried, status=400 if wrong else 200)
    now = int(visit.now.timestamp())
    async with visit.service.database.transaction() as conn:
        history = await store.history(conn)
        if added == _filled(history) and not _is_spoilt(history):
            return _form_page(visit, added, based_on, faults=(UNCHANGED,), status=400)
        version = await store.propose(conn, added, visit.staff.name, now, based_on)
        if version is not None:
            await visit.audit(conn, "提交复核", OBJECT, 版本=version)
            return visit.see_other(DESK, flash=f"第 {version} 版已提交，同事复核以后生效。")
        newest = next(iter(await store.history(conn, 1)))
        author = (await naming(conn))(newest.author)
    words = (
        f"您写的时候，{author} 提交了第 {newest.id} 版。您的内容还在下面，没有丢。"
        "再点一次“提交复核”，就以您的为准。"
    )
    return _form_page(visit, added, newest.id, faults=(words,), status=Conflict.status)


@routes.get(f"{DESK}/review", roles=APPROVERS)
async def review(visit: Visit) -> web.StreamResponse:
    """What would change, and which ordinary questions it would stop, before a second person agrees."""
    async with visit.service.database.snapshot() as conn:
        live, history = await store.live(conn), await store.history(conn)
        name_of = await naming(conn)
    waiting = _waiting(history)
    if waiting is None:
        return visit.see_other(DESK, flash="没有等着复核的改动。")
    added, before = waiting.added, live.added if live else OfficeGates()
    changes = [
        Change(gate.title, _without(after, earlier), _without(earlier, after))
        for gate in shipped_gates().gates
        if (after := added.more.get(gate.name, ())) != (earlier := before.more.get(gate.name, ()))
    ]
    return visit.page(
        "gates_review.html",
        name_of=name_of,
        version=waiting,
        changes=changes,
        new_gates=[gate for gate in added.own if gate not in before.own],
        lost_gates=[gate for gate in before.own if gate.name not in {one.name for one in added.own}],
        OUTCOMES=OUTCOMES,
        stopped=_stopped(added),
        shown=SHOWN,
        own=waiting.author == visit.staff.name,
    )


@routes.post(f"{DESK}/publish", roles=APPROVERS)
async def publish(visit: Visit) -> web.StreamResponse:
    """Put the version in force that was on the screen."""
    wanted = _number((await visit.form()).text("version", 18))
    async with visit.service.database.transaction() as conn:
        version = await store.get(conn, wanted)
        if version is None:
            raise NotFound("没有这一版，什么也没有改动。请回到“关口”再看一次。")
        if version.spoilt:
            raise Conflict("这一版的内容坏了，没有生效。请在“加词、加关口”里重新提交一版。")
        if version.author == visit.staff.name:
            raise Conflict("自己提交的要由同事复核，没有生效。")
        if not await store.publish(conn, wanted, visit.staff.name, int(visit.now.timestamp())):
            raise Conflict("这一版刚被别人处理过，或者又有了新的一版，没有重复生效。请看看最新的一版。")
        await visit.audit(conn, "复核通过", OBJECT, 版本=wanted, 提出的人=version.author)
    return visit.see_other(DESK, flash=f"第 {wanted} 版已经生效。")


async def card(conn: AsyncConnection, _service: Service, _now: object) -> Card | None:
    """For 今天: a version that waits for a second person."""
    waiting = _waiting(await store.history(conn, 1))
    if waiting is None:
        return None
    words = f"{(await naming(conn))(waiting.author)} 提交了关口的改动，等同事复核。"
    return Card(OBJECT, "1 份改动", words, "waiting", APPROVERS, DESK)


def _form_page(
    visit: Visit,
    added: OfficeGates,
    based_on: int,
    *,
    faults: Sequence[str] = (),
    tried: Sequence[str] = (),
    status: int = 200,
) -> web.Response:
    gates = shipped_gates() if faults else extended(shipped_gates(), added)
    return visit.page(
        "gates_edit.html",
        status=status,
        gates=shipped_gates().gates,
        added=added,
        own=gates_form.rows(added),
        OUTCOMES=OUTCOMES,
        based_on=based_on,
        faults=faults,
        tried=tried,
        met=_meets(visit, gates, tried) if not faults else (),
        stopped=_stopped(added) if tried and not faults else (),
        shown=SHOWN,
    )


def _meets(visit: Visit, gates: Gates, messages: Sequence[str]) -> list[Met]:
    office = facts_of(visit.service.config.office)
    found = []
    for said in messages:
        gate = gates.first(fold(said[:LONGEST_MESSAGE]))
        found.append(Met(said, gate, gate.words(office) if gate else ""))
    return found


def _stopped(added: OfficeGates) -> list[str]:
    """Ordinary questions that pass the shipped gates and would not pass these."""
    after = extended(shipped_gates(), added)
    return [said for said in ordinary_questions() if after.first(fold(said)) and not _shipped_stop(said)]


def _listed(gates: Gates) -> list[Gate]:
    """Each gate once: the office's words for one stand just before it, under its name."""
    following = [*gates.gates[1:], None]
    return [
        one for one, after in zip(gates.gates, following, strict=True) if not after or one.name != after.name
    ]


def _without(words: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in others)


def _shipped_stop(said: str) -> bool:
    return shipped_gates().first(fold(said)) is not None


def _waiting(history: Sequence[Version]) -> Version | None:
    """The newest version, where nobody has agreed to it yet and somebody could."""
    newest = history[0] if history else None
    waits = newest is not None and newest.published_at is None and not newest.spoilt
    return newest if waits else None


def _filled(history: Sequence[Version]) -> OfficeGates:
    """What the form begins with."""
    return next((version.added for version in history if not version.spoilt), OfficeGates())


def _is_spoilt(history: Sequence[Version]) -> bool:
    return bool(history and history[0].spoilt)


def _gates(version: Version | None) -> Gates:
    return extended(shipped_gates(), version.added) if version else shipped_gates()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
