"""结果: the rates of every wave, live, with all that has to be said beside them."""

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.lookup import wave_named
from bot.problems import Problem
from bot.teaching import told_of
from bot.web import charts
from bot.web.guard import Routes, Visit
from bot.web.results_view import groupings, parts, sheets
from bot.web.survey_desk import READERS, WRITERS
from bot.web.wave_words import KINDS, as_file, results_path, rows, state_words, wave_path
from surveys import publishing, results, store, waves
from surveys.notes import notes
from surveys.suppression import LEAST
from surveys.waves import Wave

results_routes = Routes(rail="结果")
DESK = "/office/results"


@results_routes.get(DESK, roles=READERS)
async def show_list(visit: Visit) -> web.StreamResponse:
    """The waves, the newest first."""
    async with visit.service.database.snapshot() as conn:
        found = await waves.list_waves(conn)
        counts = await store.counts(conn, [wave.id for wave in found])
        published = await publishing.list_questionnaires(conn)
    return visit.page(
        "results.html",
        waves=rows(found, counts, published, visit.now),
        may_write=bool(visit.staff.roles & WRITERS),
    )


@results_routes.get(f"{DESK}/{{wave}}", roles=READERS)
async def show_wave(visit: Visit) -> web.StreamResponse:
    """The rates of one wave, grouped and compared as the address says."""
    query = visit.request.query
    by, beside, order = query.get("by", "")[:64], query.get("compare", "")[:200], query.get("order", "")
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        others = [one for one in await waves.list_waves(conn) if one.id != wave.id]
        questionnaire = await results.questionnaire_of(conn, wave)
        before = await wave_named(conn, beside) if beside else None
        document = await _rates(visit, conn, wave, by, before)
        counts = (await store.counts(conn, [wave.id]))[wave.id]
        told = await told_of(conn, wave, visit.now)
    received = counts.complete + counts.partial
    choices = groupings(questionnaire)
    return visit.page(
        "results_wave.html",
        wave=wave,
        state=state_words(wave, visit.now),
        kind=KINDS[wave.kind],
        title=questionnaire.title,
        counts=counts,
        received=received,
        too_few=received < LEAST,
        least=LEAST,
        note=document["population_note"],
        sheets=sheets(questionnaire, document, order == "rate"),
        parts=parts(questionnaire, document),
        told=told,
        axis=charts.axis(),
        sample=charts.sample,
        choices=choices,
        by=by,
        by_words=dict(choices).get(by, ""),
        others=[one.name for one in others],
        before=before,
        differs=before is not None and _asks_otherwise(wave, before),
        order=order,
        path=results_path(wave.name),
        wave_path=wave_path(wave.name),
    )


@results_routes.get(f"{DESK}/{{wave}}/notes.txt", roles=READERS)
async def show_notes(visit: Visit) -> web.StreamResponse:
    """The sheet that goes with an export: what it is, the codes, the rules of counting."""
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        questionnaire = await results.questionnaire_of(conn, wave)
        counts = (await store.counts(conn, [wave.id]))[wave.id]
        told = await told_of(conn, wave, visit.now)
    lines = notes(wave, questionnaire, counts.complete, counts.partial, told)
    return web.Response(
        text="\r\n".join(lines) + "\r\n",
        content_type="text/plain",
        charset="utf-8",
        headers=as_file(f"{wave.name} 答卷说明.txt", "notes.txt"),
    )


async def _rates(
    visit: Visit, conn: AsyncConnection, wave: Wave, by: str, before: Wave | None
) -> dict[str, Any]:
    try:
        return await results.wave_rates(conn, wave, by or None, before, visit.service.columns)
    except ValueError as error:
        words = "不能这样分组：这次或对比的那次调查里没有这道选择题。请在“分组”里另选一项。"
        raise Problem(words) from error


async def _wave(conn: AsyncConnection, visit: Visit) -> Wave:
    return await wave_named(conn, visit.request.match_info["wave"])


def _asks_otherwise(wave: Wave, before: Wave) -> bool:
    """Whether the two waves differ in what was asked or in how people were chosen."""
    return (wave.questionnaire, wave.version, wave.sample) != (
        before.questionnaire,
        before.version,
        before.sample,
    )
