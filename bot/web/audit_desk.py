"""The trail of what staff did, for the auditor's eyes; nothing here changes anything."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import audit
from bot.web.guard import Routes, Visit
from bot.web.shell import SHANGHAI

routes = Routes(rail="操作记录")
PAGE = 50
FIELDS = ("actor", "action", "object", "since", "until")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking the whole chain found."""

    whole: bool
    words: str


@routes.get("/office/audit", roles={"auditor"})
async def show_audit(visit: Visit) -> web.StreamResponse:
    """The newest lines that match, and the result of a check when one was asked for."""
    query = visit.request.query
    given = {name: query.get(name, "")[:64].replace("\0", "") for name in FIELDS}
    before = query.get("before", "")
    wanted = audit.Wanted(
        actor=audit.COMMAND_LINE if given["actor"] == "命令行" else given["actor"],
        action=given["action"],
        object=given["object"],
        since=_midnight(given["since"], 0),
        until=_midnight(given["until"], 1),
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None,
    )
    async with visit.service.database.snapshot() as conn:
        lines = await audit.lines(conn, wanted, PAGE)
        verdict = await _verdict(conn) if "verify" in query else None
    older = urlencode({**given, "before": lines[-1].id}) if len(lines) == PAGE else ""
    return visit.page(
        "audit.html",
        lines=lines,
        given=given,
        verdict=verdict,
        older=f"/office/audit?{older}" if older else "",
    )


async def _verdict(conn: AsyncConnection) -> Verdict:
    broken, held = await audit.verify(conn), await audit.count(conn)
    if broken is None:
        return Verdict(True, f"核对完毕：现存 {held:,} 条记录逐条相符，没有改动、缺失或插入。")
    words = f"从第 {broken:,} 条起与前面的记录对不上，可能有人改动过数据库。请保留现场，并报告上级。"
    return Verdict(False, words)


def _midnight(day: str, later: int) -> int | None:
    """The start of the day (and `later` days on) in epoch seconds; None for what is no day."""
    try:
        first = datetime.combine(date.fromisoformat(day), time(), SHANGHAI) + timedelta(days=later)
        return int(first.timestamp())
    except (ValueError, OverflowError):
        return None
