"""材料包: a zip of everything that stands for a push, an indicator or a year, made as a job, kept a day."""

from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import exports
from bot.exports import Job
from bot.filing.pack_subjects import Subject, is_subject, subject_of
from bot.filing.packing import plain_name
from bot.problems import Conflict, NotFound
from bot.web import job_files
from bot.web.campaign_turns import READERS
from bot.web.guard import Routes, Visit
from bot.web.indicator_desk import ONE as INDICATOR
from bot.web.names import naming
from bot.web.wave_words import as_file
from content import activity_photos
from content.campaign import Refused

routes = Routes(rail="活动")
DESK = "/office/packs"
JOB = f"{DESK}/{{job:[0-9]{{1,19}}}}"
AT_ONCE = 30
"""A pack of so many pieces is begun at once, and usually there before the page is."""
GONE = "没有这个材料包，或者它已经过期删除了。请重新做一个。"
_LARGEST = 2**63 - 1


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """What the pack would hold, and the packs that are there already."""
    written = visit.request.query.get("subject", "")
    async with visit.service.database.snapshot() as conn:
        subject = await _subject(conn, written)
        jobs = await exports.packs_of(conn, written, visit.now)
        photos, size = await activity_photos.sizes(conn, subject.activities)
        named = await naming(conn)
    return visit.page(
        "packs.html",
        subject=subject,
        written=written,
        jobs=jobs,
        photos=photos,
        size=size,
        back=back_of(written),
        name_of=named,
        DESK=DESK,
    )


@routes.post(DESK, roles=READERS)
async def ask(visit: Visit) -> web.StreamResponse:
    """Have the pack made; a small one comes at once."""
    written = (await visit.form()).text("subject", 80)
    async with visit.service.database.transaction() as conn:
        subject = await _subject(conn, written)
        name = f"{plain_name(subject.title)} 材料包 {visit.now:%Y-%m-%d}.zip"
        job = await exports.ask_pack(
            conn, visit.service.new_id(), written, name=name, by=visit.staff.name, now=visit.now
        )
    if subject.pieces <= AT_ONCE and job.state == "waiting":
        await job_files.made_at_once(visit, job)
    return visit.see_other(f"{DESK}/{job.id}")


@routes.get(JOB, roles=READERS)
async def watch(visit: Visit) -> web.StreamResponse:
    """How far it is; the browser asks again by itself as long as it is being made."""
    async with visit.service.database.snapshot() as conn:
        job = await _found(conn, visit)
        named = await naming(conn)
    response = visit.page(
        "pack_job.html",
        job=job,
        name_of=named,
        back=f"{DESK}?{urlencode({'subject': job.subject})}",
        seconds=job_files.REFRESH_SECONDS,
        DESK=DESK,
    )
    if job.active:
        response.headers["Refresh"] = str(job_files.REFRESH_SECONDS)
    return response


@routes.get(JOB + "/file", roles=READERS)
async def fetch(visit: Visit) -> web.StreamResponse:
    """The zip, piece by piece."""
    async with visit.service.database.snapshot() as conn:
        job = await _found(conn, visit)
    response = web.StreamResponse(headers=as_file(job.name, "evidence.zip"))
    response.content_type = "application/zip"

    async def note(conn: AsyncConnection) -> None:
        await visit.audit(conn, "下载材料包", job.name, 文件=job.rows, SHA256=job.sha256)

    return await job_files.streamed(visit, job, response, note, GONE)


@routes.post(JOB + "/cancel", roles=READERS)
async def cancel(visit: Visit) -> web.StreamResponse:
    """Make it no further."""
    async with visit.service.database.transaction() as conn:
        job = await _found(conn, visit)
        if not await exports.cancel(conn, job.id):
            raise Conflict("这个材料包已经做完或者已经停下，不用再停。")
        await visit.audit(conn, "停止做材料包", job.name)
    return visit.see_other(f"{DESK}?{urlencode({'subject': job.subject})}", flash="已停止，没有留下文件。")


@routes.post(JOB + "/delete", roles=READERS)
async def delete(visit: Visit) -> web.StreamResponse:
    """Delete the pack before its day is over."""
    async with visit.service.database.transaction() as conn:
        job = await _found(conn, visit)
        if not await exports.remove(conn, job.id):
            raise Conflict("这个材料包还在做，请先停止。")
        await visit.audit(conn, "删除材料包", job.name, SHA256=job.sha256)
    return visit.see_other(f"{DESK}?{urlencode({'subject': job.subject})}", flash="删除了，随时可以再做。")


def back_of(written: str) -> str:
    """The page that a pack of this subject is asked for on."""
    kind, _, rest = written.partition(":")
    if kind == "campaign":
        return f"/office/campaigns/{rest}"
    if kind == "year":
        return f"/office/effects?year={rest}"
    year, level, code = rest.split(":", 2)
    return f"{INDICATOR}?{urlencode({'year': year, 'level': level, 'code': code})}"


async def _subject(conn: AsyncConnection, written: str) -> Subject:
    if not is_subject(written):
        raise NotFound("没有看懂要做什么的材料包。请从稿件、指标或效果的页面点进来。")
    try:
        return await subject_of(conn, written)
    except Refused as refused:
        raise Conflict(refused.words) from refused


async def _found(conn: AsyncConnection, visit: Visit) -> Job:
    number = int(visit.request.match_info["job"])
    job = await exports.get(conn, number) if number <= _LARGEST else None
    if job is None or job.format != exports.PACK:
        raise NotFound(GONE)
    return job
