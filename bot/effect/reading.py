"""Reads what came of pushes from campaigns, runs, links, the platform's figures and waves.

Of an open wave only what was shown is counted; for newer figures call `bot.waves.looking.look` before.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.effect import clicks, followers, platform_figures
from bot.effect.document import (
    Answered,
    Delivery,
    Effect,
    LinkCount,
    Year,
    days_after,
    delivery_of,
    told,
    why_unread,
)
from bot.effect.readership import Followed
from bot.pushes import push_links, runs
from bot.pushes.push_links import PushLink
from bot.pushes.runs import Run
from bot.waves import carrying
from content import store
from content.campaign import Campaign, State
from content.festivals import SHANGHAI
from surveys import sources, steps, waves
from surveys.store import through
from surveys.waves import Wave

WENT_OUT: tuple[State, ...] = ("sending", "sent", "unknown")
MOST = 1_000
"""Campaigns of a year that are told of."""


async def of_campaign(conn: AsyncConnection, campaign: Campaign, now: datetime, *, verified: bool) -> Effect:
    """What came of one push; `verified`: whether the account is, for others the platform keeps no figures."""
    return (await of_campaigns(conn, [campaign], now, verified=verified))[0]


async def of_year(conn: AsyncConnection, year: int, now: datetime, *, verified: bool) -> Year:
    """What came of all pushes of a year that went out, also of those that were stopped on their way."""
    found = [one for one in await gone_out(conn) if _day(one).year == year]
    effects = await of_campaigns(conn, found, now, verified=verified)
    days = await followers.between(conn, date(year, 1, 1), date(year, 12, 31))
    return Year(year, effects, days)


async def gone_out(conn: AsyncConnection) -> list[Campaign]:
    """The campaigns of which something left the house, the earliest first."""
    listed = await store.list_campaigns(conn, (*WENT_OUT, "stopped", "failed"), MOST)
    return [one for one in listed[::-1] if one.state in WENT_OUT or one.counts.get("sent", 0)]


async def of_campaigns(
    conn: AsyncConnection, campaigns: Sequence[Campaign], now: datetime, *, verified: bool
) -> tuple[Effect, ...]:
    """What came of these pushes, in their order."""
    ids = [one.id for one in campaigns]
    sent_one_by_one = await runs.of_campaigns(conn, ids)
    links = await push_links.of_campaigns(conn, ids)
    clicked = await clicks.of_campaigns(conn, ids)
    read = await platform_figures.of_campaigns(conn, ids)
    refused = await platform_figures.refused(conn)
    led = await _led(conn, ids)
    answered = await _answered(conn, led)
    days = await _followers(conn, campaigns, now)
    found = []
    for one in campaigns:
        reads = tuple(figures for figures in read if figures.campaign_id == one.id)
        first, last = days_after(one.content.due_at.astimezone(SHANGHAI), now.date())
        found.append(
            Effect(
                one.id,
                one.content.title,
                one.content.way,
                one.state,
                one.content.due_at.astimezone(SHANGHAI),
                _delivery(one, sent_one_by_one.get(one.id)),
                reads,
                why_unread(
                    one.content.way,
                    one.content.due_at.astimezone(SHANGHAI),
                    now,
                    is_read=bool(reads),
                    verified=verified,
                    refused=refused,
                ),
                tuple(
                    LinkCount(
                        link.number,
                        link.target,
                        _words(link, led.get(one.id)),
                        tuple(
                            (hit.day, hit.clicks)
                            for hit in clicked
                            if (hit.campaign_id, hit.number) == (link.campaign_id, link.number)
                        ),
                    )
                    for link in links
                    if link.campaign_id == one.id
                ),
                answered.get(one.id),
                tuple(day for day in days if first.isoformat() <= day.day <= last.isoformat()),
            )
        )
    return tuple(found)


async def waves_shown(conn: AsyncConnection, campaign_ids: Sequence[int]) -> list[str]:
    """The open waves whose figures stand beside these campaigns: to be looked at before they are shown."""
    return sorted({wave.name for wave in (await _led(conn, campaign_ids)).values() if wave.state == "open"})


async def _led(conn: AsyncConnection, campaign_ids: Sequence[int]) -> dict[int, Wave]:
    """The wave that each campaign invites to."""
    carried = await carrying.waves_of(conn, campaign_ids)
    known = {one.id: one for one in await waves.list_waves(conn)}
    return {campaign: known[wave] for campaign, wave in carried.items() if wave in known}


async def _answered(conn: AsyncConnection, led: Mapping[int, Wave]) -> dict[int, Answered]:
    found: dict[int, Answered] = {}
    for wave in {wave.id: wave for wave in led.values()}.values():
        is_open, least = wave.state == "open", wave.terms.least
        upto = (await steps.overall(conn, wave.id) or 0) if is_open else None
        begun, complete = await through(conn, wave.id, upto)
        mine = [number for number, one in led.items() if one.id == wave.id]
        names = {sources.push(number) for number in mine} | set(begun)
        started = told({name: begun[name] for name in names}, least, is_open=is_open)
        ended = told({name: complete[name] for name in names}, least, is_open=is_open)
        found |= {
            number: Answered(wave.name, is_open, started[sources.push(number)], ended[sources.push(number)])
            for number in mine
        }
    return found


async def _followers(
    conn: AsyncConnection, campaigns: Sequence[Campaign], now: datetime
) -> tuple[Followed, ...]:
    if not campaigns:
        return ()
    spans = [days_after(one.content.due_at.astimezone(SHANGHAI), now.date()) for one in campaigns]
    return await followers.between(conn, min(first for first, _ in spans), max(last for _, last in spans))


def _delivery(campaign: Campaign, run: Run | None) -> Delivery | None:
    if run is not None:
        kept_back = run.closed + run.gone + (run.left if run.is_over else 0)
        return Delivery(run.total, run.sent, run.failed, kept_back, run.unknown)
    return None if campaign.content.way == "publish" else delivery_of(campaign.counts)


def _words(link: PushLink, wave: Wave | None) -> str:
    if not link.leads_to_wave:
        return link.target
    return f"问卷“{wave.name}”" if wave is not None else "问卷"


def _day(campaign: Campaign) -> date:
    return campaign.content.due_at.astimezone(SHANGHAI).date()
