"""现场活动: what was held, counted as 场次 and 人次; one activity with its photograph and its history.

A township's contact sees and changes the activities of their own townships and nothing else of the office.
"""

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.office import townships
from bot.problems import NotFound
from bot.web.guard import Routes, Visit
from bot.web.names import naming
from bot.web.today_desk import Card
from content import activity_photos, activity_store
from content.activities import ACTS, KINDS, By, changes, tally, total
from content.activity_store import Kept, Step, Wanted

routes = Routes(rail="活动")
DESK = "/office/activities"
ONE = f"{DESK}/{{id:[0-9]{{1,18}}}}"
EVERYWHERE = frozenset({"editor", "reviewer", "approver", "analyst"})
ENTER = frozenset({"editor", "contact"})
READERS = EVERYWHERE | {"contact"}
GIVE = frozenset({"editor", "admin"})
"""Who says which townships a contact enters for."""
TALLIES: Mapping[By, str] = {"township": "按乡镇街道", "theme": "按主题", "month": "按月"}
A_PAGE = 100
NO_TOWNSHIP = "还没有分给您乡镇。请文明办的同事在“现场活动”的“联络员”里分给您。"
GONE = "没有这次活动，可能地址有误。请回到“现场活动”再选一次。"


@routes.get(DESK, roles=READERS)
async def show_list(visit: Visit) -> web.StreamResponse:
    """A year's activities with what they come to, by township, theme and month."""
    query = visit.request.query
    year = _number(query.get("year", ""), visit.now.year)
    page = max(1, _number(query.get("page", ""), 1))
    async with visit.service.database.snapshot() as conn:
        mine = await scope(conn, visit)
        wanted = Wanted(
            year,
            _within(mine, query.get("township", "")),
            query.get("theme", "")[:30],
            min(_number(query.get("month", ""), 0), 12),
            query.get("show", "") == "withdrawn",
        )
        of_year = Wanted(year, mine)
        whole = await activity_store.cells(conn, of_year)
        counted = await activity_store.cells(conn, wanted)
        rows = await activity_store.listed(conn, wanted, A_PAGE + 1, (page - 1) * A_PAGE)
        years = await activity_store.years(conn)
        named = await naming(conn)
    return visit.page(
        "activities.html",
        rows=rows[:A_PAGE],
        has_more=len(rows) > A_PAGE,
        page_number=page,
        year=year,
        years=sorted({*years, visit.now.year}, reverse=True),
        wanted=wanted,
        chosen=query.get("township", ""),
        mine=mine,
        sum=total(counted),
        tables=[(words, tally(counted, by)) for by, words in TALLIES.items()],
        towns=sorted({cell.township for cell in whole}),
        themes=sorted({cell.theme for cell in whole}),
        may_enter=bool(ENTER & visit.staff.roles) and mine != frozenset(),
        may_give=bool(GIVE & visit.staff.roles),
        kinds=KINDS,
        name_of=named,
    )


@routes.get(ONE, roles=READERS)
async def show(visit: Visit) -> web.StreamResponse:
    """One activity as it stands and everything that was said of it."""
    async with visit.service.database.snapshot() as conn:
        kept = await found(conn, visit)
        steps = await activity_store.history(conn, kept.id)
        named = await naming(conn)
    return visit.page(
        "activity.html",
        kept=kept,
        lines=list(reversed(_told(steps))),
        acts=ACTS,
        kinds=KINDS,
        name_of=named,
        may_enter=bool(ENTER & visit.staff.roles),
    )


@routes.get(f"{ONE}/photo", roles=READERS)
async def show_photo(visit: Visit) -> web.StreamResponse:
    """The photograph."""
    async with visit.service.database.snapshot() as conn:
        kept = await found(conn, visit)
        content = await activity_photos.load(conn, kept.id, kept.photo)
    if content is None:
        raise NotFound("这次活动没有照片。")
    return web.Response(body=content, content_type="image/jpeg")


async def card(conn: AsyncConnection, visit: Visit) -> Card | None:
    """What a contact entered this year; nobody else has a card of it."""
    if "contact" not in visit.staff.roles:
        return None
    mine = await townships.of(conn, visit.staff.id)
    if not mine:
        return Card("现场活动", "—", NO_TOWNSHIP, "waiting", frozenset({"contact"}))
    held = total(await activity_store.cells(conn, Wanted(visit.now.year, mine)))
    words = f"{'、'.join(sorted(mine))}今年 {held.people:,} 人次。办完一次登记一次，照片也可以以后再放。"
    figure, only = f"{held.sessions:,} 场", frozenset({"contact"})
    return Card("现场活动", figure, words, "calm", only, f"{DESK}/new", "登记一次活动")


async def scope(conn: AsyncConnection, visit: Visit) -> frozenset[str] | None:
    """The townships that this person may see; None for all of them."""
    return None if EVERYWHERE & visit.staff.roles else await townships.of(conn, visit.staff.id)


async def found(conn: AsyncConnection, visit: Visit) -> Kept:
    """The activity of the address, if this person may see it; NotFound otherwise."""
    kept = await activity_store.get(conn, int(visit.request.match_info["id"]))
    mine = await scope(conn, visit)
    if kept is None or (mine is not None and kept.activity.township not in mine):
        raise NotFound(GONE)
    return kept


def named(kept: Kept) -> str:
    """What the audit trail calls an activity."""
    return f"现场活动 {kept.id}"


def _within(mine: frozenset[str] | None, township: str) -> frozenset[str] | None:
    if not township:
        return mine
    return frozenset({township}) if mine is None else mine & {township}


def _told(steps: tuple[Step, ...]) -> list[tuple[Step, list[str]]]:
    """Each line of the history with what it changed."""
    earlier = [None, *steps]
    return [
        (step, changes(before.activity, step.activity) if before else [])
        for before, step in zip(earlier, steps, strict=False)
    ]


def _number(written: str, otherwise: int) -> int:
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= 4 else otherwise
