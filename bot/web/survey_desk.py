"""问卷: what the office asks. A questionnaire is read, looked at as residents see it, and published."""

import asyncio
import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.exc import IntegrityError

from bot.problems import Conflict, NotFound, Problem
from bot.waves.open_wave import ADULTS, WITH_MINORS
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.routes import MEGABYTE
from bot.web.survey_paper import general, library, population_words, quota_words, sheets
from bot.web.wave_words import as_file, rows
from surveys import lint, native, publishing, store, waves
from surveys.differences import Difference, differences
from surveys.importing.wjx import write_text
from surveys.importing.xlsform_writing import write_xlsform
from surveys.parts import columns
from surveys.publishing import Published
from surveys.questionnaire import Questionnaire, content_hash

routes = Routes(rail="问卷")
DESK = "/office/surveys"
READERS = {"editor", "analyst", "approver"}
WRITERS = {"editor", "approver"}
LONGEST = 200_000
"""Letters of the longest questionnaire that is read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A questionnaire in the list: its newest version, and the ones before it."""

    newest: Published
    earlier: tuple[Published, ...]


@routes.get(DESK, roles=READERS)
async def show_list(visit: Visit) -> web.StreamResponse:
    """The waves with their returns, and the questionnaires with their versions."""
    wanted = visit.request.query.get("state", "")
    async with visit.service.database.snapshot() as conn:
        published = await publishing.list_questionnaires(conn)
        found = await waves.list_waves(conn)
        counts = await store.counts(conn, [wave.id for wave in found])
        name_of = await naming(conn)
    listed = rows(found, counts, published, visit.now)
    return visit.page(
        "surveys.html",
        name_of=name_of,
        entries=_entries(published),
        waves=[row for row in listed if wanted not in ("open", "closed") or row.wave.state == wanted],
        any_waves=bool(found),
        wanted=wanted if wanted in ("open", "closed") else "",
        may_write=_may_write(visit),
    )


@routes.get(f"{DESK}/new", roles=WRITERS)
async def show_new(visit: Visit) -> web.StreamResponse:
    """Where a questionnaire comes from: a ready one, a file, or text."""
    return visit.page("survey_new.html", ready=library(), source="", error="")


@routes.get(f"{DESK}/ready/{{name}}", roles=WRITERS)
async def show_ready(visit: Visit) -> web.StreamResponse:
    """A questionnaire that comes with the product, ready to be published."""
    name = visit.request.match_info["name"]
    found = next((ready for ready in library() if ready.name == name), None)
    if found is None:
        raise NotFound("没有这份现成的问卷。请从列表里选。")
    return await preview_page(visit, found.text)


@routes.post(f"{DESK}/preview", roles=WRITERS, limit=MEGABYTE)
async def preview(visit: Visit) -> web.StreamResponse:
    """Show what was sent as residents would see it; nothing is kept."""
    return await preview_page(visit, (await visit.form()).text("source", LONGEST))


@routes.post(f"{DESK}/publish", roles=WRITERS, limit=MEGABYTE)
async def publish(visit: Visit) -> web.StreamResponse:
    """Keep as a version exactly what was looked at; a finding that blocks sends back to the page."""
    form = await visit.form()
    source = form.text("source", LONGEST)
    questionnaire, findings = lint.lint_text(source)
    if questionnaire is None or lint.blocks(findings):
        return await preview_page(
            visit, source, Problem("还有必须先改的地方，没有发布。请看下面标红的几条。")
        )
    if form.text("seen", 64) != _mark(source):
        return await preview_page(
            visit, source, Conflict("文字改过了，还没有发布。请先看一遍改后的样子，再点发布。")
        )
    try:
        made, is_new = await _keep(visit, questionnaire)
    except IntegrityError:
        words = "另一位同事刚发布了同一份问卷的另一版，这一次没有发布。请再点一次发布。"
        return await preview_page(visit, source, Conflict(words))
    said = f"《{made.title}》第 {made.version} 版"
    return visit.see_other(
        _version_path(made.id, made.version),
        flash=f"已发布{said}。下一步：用它开始一次调查。"
        if is_new
        else f"这份内容和{said}完全一样，没有另存一版。",
    )


@routes.get(f"{DESK}/versions/{{id}}/{{version:[0-9]{{1,9}}}}", roles=READERS)
async def show_version(visit: Visit) -> web.StreamResponse:
    """One published version, for reading."""
    name, version = visit.request.match_info["id"], int(visit.request.match_info["version"])
    async with visit.service.database.snapshot() as conn:
        found = await publishing.get_questionnaire(conn, name, version)
        versions = [one for one in await publishing.list_questionnaires(conn) if one.id == name]
        before = await publishing.get_questionnaire(conn, name, version - 1)
        name_of = await naming(conn)
    if found is None:
        raise NotFound("没有这一版问卷。请从列表里选。")
    return visit.page(
        "survey_version.html",
        name_of=name_of,
        questionnaire=found[0],
        sheets=sheets(found[0]),
        population_words=population_words,
        quota_words=quota_words,
        changes=[] if before is None else differences(before[0], found[0]),
        version=next(one for one in versions if one.version == version),
        others=[
            (one, _version_path(one.id, one.version)) for one in reversed(versions) if one.version != version
        ],
        lost=await asyncio.to_thread(lambda: write_text(found[0]).losses),
        path=_version_path(name, version),
        may_write=_may_write(visit),
    )


@routes.get(f"{DESK}/versions/{{id}}/{{version:[0-9]{{1,9}}}}/print", roles=READERS)
async def show_print(visit: Visit) -> web.StreamResponse:
    """A version on paper; for a wave (`?wave=`) with the head of that wave."""
    name, version = visit.request.match_info["id"], int(visit.request.match_info["version"])
    async with visit.service.database.snapshot() as conn:
        found = await publishing.get_questionnaire(conn, name, version)
        wave = await waves.find_wave(conn, visit.request.query.get("wave", "")[:200])
    if found is None:
        raise NotFound("没有这一版问卷。请从列表里选。")
    return visit.page(
        "survey_print.html",
        questionnaire=found[0],
        sheets=sheets(found[0]),
        columns=columns,
        ages=WITH_MINORS if wave is not None and wave.terms.minors else ADULTS,
        header=wave.header.rows() if wave is not None and wave.questionnaire == name else [],
        back=_version_path(name, version),
    )


@routes.get(f"{DESK}/versions/{{id}}/{{version:[0-9]{{1,9}}}}/file/{{kind:xlsform|wjx|toml}}", roles=READERS)
async def download(visit: Visit) -> web.StreamResponse:
    """A version as a file that other tools read."""
    name, version = visit.request.match_info["id"], int(visit.request.match_info["version"])
    async with visit.service.database.snapshot() as conn:
        found = await publishing.get_questionnaire(conn, name, version)
    if found is None:
        raise NotFound("没有这一版问卷。请从列表里选。")
    kind = visit.request.match_info["kind"]
    content, ending = await asyncio.to_thread(_file, found[0], kind)
    headers = as_file(f"{found[0].title}.{ending}", f"questionnaire.{ending}")
    return web.Response(body=content, content_type="application/octet-stream", headers=headers)


def _file(questionnaire: Questionnaire, kind: str) -> tuple[bytes, str]:
    if kind == "xlsform":
        return write_xlsform(questionnaire), "xlsx"
    text = write_text(questionnaire).text if kind == "wjx" else native.to_toml(questionnaire)
    return text.encode(), "txt" if kind == "wjx" else "toml"


async def _keep(visit: Visit, questionnaire: Questionnaire) -> tuple[Published, bool]:
    digest = content_hash(questionnaire)
    async with visit.service.database.transaction() as conn:
        before = await publishing.list_questionnaires(conn)
        is_new = not any(one.id == questionnaire.id and one.hash == digest for one in before)
        made = await publishing.publish(conn, questionnaire, by=visit.staff.name, now=visit.now)
        if is_new:
            await visit.audit(
                conn, "发布问卷", questionnaire.title, 问卷=made.id, 版本=made.version, 内容码=made.hash
            )
    return made, is_new


async def preview_page(visit: Visit, source: str, problem: Problem | None = None) -> web.Response:
    """What the text says, as residents would see it, with what must be changed before it is published.

    Where it would become a new version of something published, what changes from the newest one.
    """
    questionnaire, findings = lint.lint_text(source)
    before, changes = await _compared(visit, questionnaire)
    return visit.page(
        "survey_preview.html",
        status=problem.status if problem else 200,
        error=problem.words if problem else "",
        questionnaire=questionnaire,
        sheets=sheets(questionnaire, findings) if questionnaire else [],
        population_words=population_words,
        quota_words=quota_words,
        findings=findings if questionnaire is None else general(findings),
        urgent=[
            (sheet, finding)
            for sheet in (sheets(questionnaire, findings) if questionnaire else [])
            for finding in sheet.findings
            if finding.level == "block"
        ],
        blocked=lint.blocks(findings),
        found_count=len(findings),
        before=before,
        changes=changes,
        source=source,
        seen=_mark(source),
    )


async def _compared(visit: Visit, new: Questionnaire | None) -> tuple[Published | None, list[Difference]]:
    """The published version that has just this content, or else the newest one with what changes from it."""
    if new is None:
        return None, []
    digest = content_hash(new)
    async with visit.service.database.snapshot() as conn:
        versions = [one for one in await publishing.list_questionnaires(conn) if one.id == new.id]
        found = await publishing.get_questionnaire(conn, new.id)
    same = [one for one in versions if one.hash == digest]
    if same or found is None:
        return (same[0] if same else None), []
    return versions[-1], differences(found[0], new)


def _mark(source: str) -> str:
    """What tells two texts apart, however a browser wrote the ends of the lines."""
    return hashlib.sha256("\n".join(source.split()).encode()).hexdigest()


def _entries(published: list[Published]) -> list[Entry]:
    by_id: dict[str, list[Published]] = {}
    for one in published:
        by_id.setdefault(one.id, []).append(one)
    found = [Entry(versions[-1], tuple(reversed(versions[:-1]))) for versions in by_id.values()]
    return sorted(found, key=lambda entry: -entry.newest.published_at)


def _version_path(name: str, version: int) -> str:
    return f"{DESK}/versions/{quote(name, safe='')}/{version}"


def _may_write(visit: Visit) -> bool:
    return bool(visit.staff.roles & WRITERS)
