"""结果, the files of a wave: asked for, watched while they are made, fetched for a day."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import exports
from bot.exports import Job, What
from bot.lookup import wave_named
from bot.problems import Conflict, Forbidden, NotFound, Problem
from bot.web import job_files
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.survey_desk import READERS
from bot.web.wave_words import as_file, results_path
from surveys import store
from surveys.export.files import FORMATS, file_name
from surveys.export.history import earlier_waves
from surveys.waves import Wave

routes = Routes(rail="结果")
PAGE = "/office/results/{wave}/export"
JOB = PAGE + "/{job:[0-9]{1,19}}"
AT_ONCE = 1_000
"""A file of so many interviews is begun at once, and usually there before the page is."""
GONE = "没有这份文件，或者它已经过期删除了。请重新导出一份。"
READ_TEXTS = frozenset({"editor", "approver"})
"""Who reads what residents write; counting alone does not need it."""
_ROWS = frozenset({"analyst"})
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A format in the office's words, who may have it, and how it is sent."""

    words: str
    about: str
    roles: frozenset[str]
    content_type: str


KINDS: dict[What, Kind] = {
    "xlsx": Kind(
        "Excel 工作簿",
        "说明、各项比率、图和逐份编码数据在一个文件里。",
        _ROWS,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "docx": Kind(
        "Word 报告",
        "各项比率、图表和方法说明，没有逐份数据。",
        frozenset(READERS),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "csv": Kind("CSV 表格", "逐份编码数据，各种软件都能打开。", _ROWS, "text/csv"),
    "sav": Kind("SPSS 数据", "逐份编码数据，带变量和选项的说明。", _ROWS, "application/octet-stream"),
    "parquet": Kind("Parquet 数据", "逐份编码数据，给统计程序用。", _ROWS, "application/octet-stream"),
}


@routes.get(PAGE, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The formats that this person may have, and the files that are there already."""
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        counts = (await store.counts(conn, [wave.id]))[wave.id]
        jobs = await exports.jobs_of(conn, wave.id, visit.now)
        before = await earlier_waves(conn, wave)
        named = await naming(conn)
    return visit.page(
        "results_export.html",
        wave=wave,
        received=counts.complete + counts.partial,
        before=before,
        kinds=[(name, kind) for name, kind in KINDS.items() if kind.roles & visit.staff.roles],
        jobs=[one for one in jobs if _has(visit, one.format, one.texts)],
        may_read=bool(READ_TEXTS & visit.staff.roles),
        KINDS=KINDS,
        name_of=named,
        path=export_path(wave),
        results=results_path(wave.name),
    )


@routes.post(PAGE, roles=READERS)
async def ask(visit: Visit) -> web.StreamResponse:
    """Have a file made; one of few interviews comes at once."""
    form = await visit.form()
    given, texts = form.text("format", 10), form.text("texts", 3) == "yes"
    format = next((one for one in FORMATS if one == given), None)
    if format is None:
        raise Problem("请选一种文件。")
    texts = texts and format != "docx"
    earlier = form.text("earlier", 3) == "yes" and format != "docx"
    _may_have(visit, format, texts)
    async with visit.service.database.transaction() as conn:
        wave = await _wave(conn, visit)
        together = [wave, *(await earlier_waves(conn, wave) if earlier else [])]
        received, basis = await _received(conn, together)
        job = await exports.ask(
            conn,
            visit.service.new_id(),
            wave.id,
            format,
            texts=texts,
            earlier=len(together) > 1,
            basis=basis,
            steps=received if format == "docx" else 2 * received,
            name=file_name(wave, format, f"{visit.now:%Y-%m-%d}", earlier=len(together) > 1),
            by=visit.staff.name,
            now=visit.now,
        )
    if received <= AT_ONCE and job.state == "waiting":
        job = await job_files.made_at_once(visit, job)
    path = f"{export_path(wave)}/{job.id}"
    return visit.see_other(f"{path}/file" if received <= AT_ONCE and job.state == "done" else path)


@routes.get(JOB, roles=READERS)
async def watch(visit: Visit) -> web.StreamResponse:
    """How far it is; the browser asks again by itself as long as it is being made."""
    wave, job = await _found(visit)
    async with visit.service.database.snapshot() as conn:
        named = await naming(conn)
    response = visit.page(
        "results_export_job.html",
        wave=wave,
        job=job,
        kind=KINDS[job.format],
        name_of=named,
        path=export_path(wave),
        seconds=job_files.REFRESH_SECONDS,
    )
    if job.active:
        response.headers["Refresh"] = str(job_files.REFRESH_SECONDS)
    return response


@routes.get(JOB + "/file", roles=READERS)
async def fetch(visit: Visit) -> web.StreamResponse:
    """The file, piece by piece; the trail knows of it before its last byte is out."""
    wave, job = await _found(visit)
    response = web.StreamResponse(headers=as_file(job.name, f"answers.{job.format}"))
    response.content_type = KINDS[job.format].content_type
    if job.format == "csv":
        response.charset = "utf-8"

    async def note(conn: AsyncConnection) -> None:
        await visit.audit(conn, "下载导出文件", wave.name, 格式=job.format, 份数=job.rows, SHA256=job.sha256)

    return await job_files.streamed(visit, job, response, note, GONE)


@routes.post(JOB + "/cancel", roles=READERS)
async def cancel(visit: Visit) -> web.StreamResponse:
    """Make it no further."""
    wave, job = await _found(visit)
    async with visit.service.database.transaction() as conn:
        if not await exports.cancel(conn, job.id):
            raise Conflict("这份文件已经做完或者已经停下，不用再停。")
        await visit.audit(conn, "停止导出", wave.name, 格式=job.format)
    return visit.see_other(export_path(wave), flash="已停止，没有留下文件。")


@routes.post(JOB + "/delete", roles=READERS)
async def delete(visit: Visit) -> web.StreamResponse:
    """Delete the file before its day is over."""
    wave, job = await _found(visit)
    async with visit.service.database.transaction() as conn:
        if not await exports.remove(conn, job.id):
            raise Conflict("这份文件还在做，请先停止。")
        await visit.audit(conn, "删除导出文件", wave.name, 格式=job.format, SHA256=job.sha256)
    return visit.see_other(export_path(wave), flash="文件已删除。答卷都在，随时可以再导出。")


def export_path(wave: Wave) -> str:
    """Where the files of a wave are asked for."""
    return f"/office/results/{quote(wave.name, safe='')}/export"


async def _wave(conn: AsyncConnection, visit: Visit) -> Wave:
    return await wave_named(conn, visit.request.match_info["wave"])


async def _received(conn: AsyncConnection, waves: Sequence[Wave]) -> tuple[int, str]:
    """The interviews of these waves, and what changes when any of them does."""
    counts = await store.counts(conn, [wave.id for wave in waves])
    sizes = [counts[wave.id].complete + counts[wave.id].partial for wave in waves]
    states = [
        f"{size}.{await store.newest_id(conn, wave.id)}.{wave.state}.{wave.revision}"
        for wave, size in zip(waves, sizes, strict=True)
    ]
    basis = states[0] if len(waves) == 1 else hashlib.sha256(",".join(states).encode()).hexdigest()
    return sum(sizes), basis


async def _found(visit: Visit) -> tuple[Wave, Job]:
    """The wave and the job of the address, if this person may have the file. NotFound, Forbidden."""
    number = int(visit.request.match_info["job"])
    async with visit.service.database.snapshot() as conn:
        wave = await _wave(conn, visit)
        job = await exports.get(conn, number) if number <= _LARGEST else None
    if job is None or job.wave_id != wave.id:
        raise NotFound(GONE)
    _may_have(visit, job.format, job.texts)
    return wave, job


def _has(visit: Visit, format: What, texts: bool) -> bool:
    roles = visit.staff.roles
    return bool(KINDS[format].roles & roles) and (not texts or bool(READ_TEXTS & roles))


def _may_have(visit: Visit, format: What, texts: bool) -> None:
    if _has(visit, format, texts):
        return
    if not KINDS[format].roles & visit.staff.roles:
        raise Forbidden("逐份数据只给有“统计”角色的人。需要的话，请管理员在“账号”里为您加上。")
    raise Forbidden("居民写的文字只给同时有“编辑”或“终审”角色的人。")
