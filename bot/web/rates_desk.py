"""回答情况: week by week how many questions were answered, and what residents asked about most. No texts."""

from collections import Counter
from datetime import datetime

from aiohttp import web

from bot.inquiries import messages, sampling
from bot.inquiries.handling import since
from bot.inquiries.messages import ENTRY, Week
from bot.web.check_desk import published
from bot.web.guard import Routes, Visit
from bot.web.lesson_form import OUTCOMES
from bot.web.shell import SHANGHAI
from surveys.export.lists import csv_bytes

routes = Routes(rail="留言")
DESK = "/office/rates"
READERS = frozenset({"editor", "reviewer", "approver", "analyst", "auditor"})
TOPICS = 15
CITED_AT_MOST = 2000


@routes.get(DESK, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """The weeks, the topics of the last 30 days, and the error figure."""
    async with visit.service.database.snapshot() as conn:
        weeks = await messages.weekly(conn)
        cited = await messages.cited_most(conn, since(visit.now), CITED_AT_MOST)
        figure = sampling.figure(await sampling.verdicts(conn))
    live = visit.service.live
    names = {one.key: one.questions[0] for one in live.index.entries} if live else {}
    return visit.page(
        "rates.html",
        weeks=weeks,
        day=lambda week: datetime.fromtimestamp(week.at, SHANGHAI).date(),
        topics=topics(cited, names),
        published=published(figure),
        outcomes=OUTCOMES,
        DESK=DESK,
    )


@routes.get(f"{DESK}.csv", roles=READERS)
async def export(visit: Visit) -> web.StreamResponse:
    """The weeks as a table for Excel: numbers and dates only."""
    async with visit.service.database.transaction() as conn:
        weeks = await messages.weekly(conn)
        await visit.audit(conn, "导出", "回答情况", 行数=len(weeks))
    return web.Response(
        body=csv_bytes(table(weeks)),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="answers-by-week.csv"'},
    )


def table(weeks: list[Week]) -> list[list[str]]:
    """The headings, then one line a week, its Monday first."""
    rows = [["周一", "提问", *OUTCOMES.values(), "有用", "没解决"]]
    for week in weeks:
        monday = datetime.fromtimestamp(week.at, SHANGHAI).date().isoformat()
        counts = [week.outcomes.total(), *(week.outcomes[outcome] for outcome in OUTCOMES)]
        rows.append([monday, *map(str, [*counts, week.votes[True], week.votes[False]])])
    return rows


def topics(cited: list[tuple[str, int]], entries: dict[str, str]) -> list[tuple[str, int]]:
    """What was asked about most: the first article of each answer, or an entry's first question."""
    found: Counter[str] = Counter()
    for words, times in cited:
        key = words.removeprefix(ENTRY)
        name = f"问答“{entries[key]}”" if words.startswith(ENTRY) and key in entries else key.split("；")[0]
        found[name] += times
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:TOPICS]
