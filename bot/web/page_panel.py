"""The panel on the questionnaire page: whoever has answered there may join it or leave it, as in the chat."""

import secrets

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import residents
from bot.problems import NotFound, Over
from bot.waves import panel
from bot.waves.links import Link
from bot.web.page_identity import ENDED, GONE, personal_link, session_of
from bot.web.visit import Visit
from surveys import store, waves
from surveys.waves import Wave

JOIN, LEAVE = "panel-join", "panel-leave"
STEPS = frozenset({JOIN, LEAVE})
SECRET_BYTES = 32


async def standing(connection: AsyncConnection, visit: Visit, link: Link, wave: Wave) -> str:
    """Which button the thanks have: "" where the wave has no panel, or somebody else holds the browser."""
    if not wave.terms.panel or not link.belongs_to(session_of(visit)):
        return ""
    return LEAVE if link.resident in await panel.belonging(connection, [link.resident]) else JOIN


async def choose(connection: AsyncConnection, visit: Visit, step: str) -> None:
    """Take the person of this browser in, or let them go; NotFound for everybody who is not asked."""
    link = await personal_link(connection, visit)
    if not link.belongs_to(session_of(visit)):
        raise NotFound(GONE)
    await residents.lock(connection, link.resident)
    openid = await residents.openid_of(connection, link.resident)
    wave = await waves.get_wave(connection, link.wave_id)
    if wave is None or wave.secret is None:
        raise Over(ENDED)
    if openid is None or not wave.terms.panel:
        raise NotFound(GONE)
    if step == LEAVE:
        await panel.leave(connection, link.resident, openid)
        return
    key = (wave.id, residents.respondent_key(openid, wave.secret))
    if key not in await store.answered(connection, [key]):
        raise NotFound(GONE)
    await panel.join(connection, [link.resident], secrets.token_bytes(SECRET_BYTES), visit.now)
