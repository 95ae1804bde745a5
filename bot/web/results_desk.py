"""结果: the rates of every wave, live, with all that has to be said beside them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.lookup import wave_named
from bot.problems import Problem
from bot.waves.looking import look
from bot.waves.teaching import told_of
from bot.web import charts, results_more, results_wish
from bot.web.guard import Routes, Visit
from bot.web.results_more import Past
from bot.web.results_parts import parts
from bot.web.results_view import estimated, groupings, sheets
from bot.web.results_wish import Asked
from bot.web.survey_desk import READERS, WRITERS
from bot.web.uncompared import reasons
from bot.web.wave_terms import term_rows
from bot.web.wave_words import KINDS, as_file, results_path, rows, state_words, wave_path
from surveys import progress, publishing, recent, results, store, views, waves
from surveys.leagues import leagues
from surveys.notes import notes
from surveys.recent import Since
from surveys.rule_words import rules_of
from surveys.suppression import hidden_words
from surveys.waves import Wave
from surveys.wishes import Wish

results_routes = Routes(rail="结果")
DESK = "/office/results"
WEEK = timedelta(days=7)


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
    """The rates of one wave, or of the part of it that the address asks for, and what goes with them."""
    asked = results_wish.read(visit.request.query)
    shelf = visit.service.columns
    await _look(visit, asked)
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        known = await waves.list_waves(conn)
        questionnaire = await results.questionnaire_of(conn, wave)
        before = await wave_named(conn, asked.compare) if asked.compare else None
        document = await _rates(visit, conn, wave, asked, before)
        uncompared = {}
        if before is not None:
            former = await results.questionnaire_of(conn, before)
            earlier = (await views.view(conn, before, asked.wish, asked.by or None, shelf)).rates()
            uncompared = reasons(questionnaire, document["rates"], former, earlier)
        columns = await shelf.columns(conn, wave, questionnaire)
        trend = await _trend(visit, conn, results_more.past_waves(wave, known), asked.wish)
        week = await _week(visit, conn, wave, asked.wish)
        towns = (await views.view(conn, wave, Wish(), "township", shelf)).rates() if week else []
        counts = (await store.counts(conn, [wave.id]))[wave.id]
        told = await told_of(conn, wave, visit.now)
    received = counts.complete + counts.partial
    weighed = any(entry["weighted"] for entry in document["rates"])
    counted = document if asked.weighted else _as_counted(document)
    choices, shown = groupings(questionnaire), sheets(questionnaire, counted, asked.by_rate)
    return visit.page(
        "results_wave.html",
        wave=wave,
        state=state_words(wave, visit.now),
        kind=KINDS[wave.kind],
        title=questionnaire.title,
        counts=counts,
        received=received,
        too_few=received < wave.terms.least,
        small=document.get("small", False),
        least=wave.terms.least,
        note=document["population_note"],
        sheets=shown,
        parts=parts(questionnaire, document, wave.terms.least) if asked.wish.everything else [],
        told=told,
        axis=charts.axis(),
        sample=charts.sample,
        choices=choices,
        asked=asked,
        only=results_wish.wish_words(asked.wish, questionnaire),
        townships=sorted(town for town in columns.facts["township"] if town),
        channels=results_wish.channels(columns.facts["channel"]),
        answers=results_wish.answers(questionnaire),
        by_words=dict(choices).get(asked.by, ""),
        others=[one.name for one in known if one.id != wave.id],
        before=before,
        uncompared=uncompared,
        differs=before is not None and _asks_otherwise(wave, before),
        weighed=weighed,
        weighted=estimated(shown),
        refused=document["weighting_refused"] or "",
        trend=results_more.trends(questionnaire, trend),
        week=week,
        week_ago=visit.now.date() - WEEK,
        changed=results_more.changed(questionnaire, week) if week else [],
        needs=results_more.needs(towns, wave),
        hidden=hidden_words("group"),
        rules=rules_of(questionnaire),
        terms=term_rows(wave.terms, questionnaire),
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
        came = (await progress.current(conn, wave, questionnaire)).returns.channels
        told = await told_of(conn, wave, visit.now)
    lines = notes(wave, questionnaire, counts.complete, counts.partial, came, told=told)
    return web.Response(
        text="\r\n".join(lines) + "\r\n",
        content_type="text/plain",
        charset="utf-8",
        headers=as_file(f"{wave.name} 答卷说明.txt", "notes.txt"),
    )


async def _look(visit: Visit, asked: Asked) -> None:
    """Note what is about to be shown of open waves: this one, the one beside it, those of the trend."""
    service = visit.service
    async with service.database.snapshot() as conn:
        wave, known = await _wave(conn, visit), await waves.list_waves(conn)
    wish, by = asked.wish, asked.by or None
    for name in dict.fromkeys((wave.name, *([asked.compare] if asked.compare else ()))):
        with suppress(ValueError):  # nothing to group by: the page itself says so
            both = [(wish, by), (wish, None)]
            await look(service.database, name, ["township", by], service.columns, both)
    for one in results_more.past_waves(wave, known):
        if one.state == "open" and one.name not in (wave.name, asked.compare):
            with suppress(ValueError):
                await look(service.database, one.name, [None], service.columns, [(wish, None)])


async def _rates(
    visit: Visit, conn: AsyncConnection, wave: Wave, asked: Asked, before: Wave | None
) -> dict[str, Any]:
    by, shelf = asked.by or None, visit.service.columns
    try:
        if asked.wish.everything:
            return await results.wave_rates(conn, wave, by, before, shelf)
        return await views.wished_rates(conn, wave, asked.wish, by, before, shelf)
    except ValueError as error:
        words = "不能这样分组或筛选：这次或对比的那次调查里没有这道选择题。请另选一项。"
        raise Problem(words) from error


def _as_counted(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the rates as they came in; whether a target is met, the weighted rate still says."""
    rates = [{**entry, "weighted": None} for entry in document["rates"]]
    changes = [{**entry, "weighted": None} for entry in document["comparisons"]]
    return document | {"rates": rates, "tiers": leagues(rates), "comparisons": changes}


async def _trend(visit: Visit, conn: AsyncConnection, found: Sequence[Wave], wish: Wish) -> list[Past]:
    """The same part of earlier waves; a wave that did not ask what is wished for is passed over."""
    if len(found) < 2:
        return []
    made = []
    for wave in found:
        try:
            view = await views.view(conn, wave, wish, None, visit.service.columns)
        except ValueError:
            continue
        made.append(Past(wave, view.questionnaire, view.rates()))
    return made


async def _week(visit: Visit, conn: AsyncConnection, wave: Wave, wish: Wish) -> Since | None:
    """What came in during the last seven days; None once the wave is closed, its days being coarse then."""
    if wave.state != "open":
        return None
    return await recent.since(conn, wave, wish, visit.now.date() - WEEK, visit.service.columns)


async def _wave(conn: AsyncConnection, visit: Visit) -> Wave:
    return await wave_named(conn, visit.request.match_info["wave"])


def _asks_otherwise(wave: Wave, before: Wave) -> bool:
    """Whether the two waves differ in what was asked or in how people were chosen."""
    return (wave.questionnaire, wave.version, wave.sample) != (
        before.questionnaire,
        before.version,
        before.sample,
    )
