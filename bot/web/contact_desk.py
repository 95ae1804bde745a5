"""联络员: which township's activities each contact enters."""

from aiohttp import web

from bot.office import staff, townships
from bot.problems import Problem
from bot.web.activity_desk import DESK, GIVE
from bot.web.guard import Routes, Visit
from content.activities import LONGEST

routes = Routes(rail="活动")
CONTACTS = f"{DESK}/contacts"
MOST = 30
ROLE = "contact"


@routes.get(CONTACTS, roles=GIVE)
async def show(visit: Visit) -> web.StreamResponse:
    """The contacts, and the townships of each."""
    async with visit.service.database.snapshot() as conn:
        people = [one for one in await staff.everybody(conn) if one.active and ROLE in one.roles]
        given = await townships.of_all(conn)
    return visit.page("contacts.html", people=people, given=given)


@routes.post(f"{CONTACTS}/{{person:[0-9]{{1,18}}}}", roles=GIVE)
async def give(visit: Visit) -> web.StreamResponse:
    """Other townships for one contact, from now on."""
    written = (await visit.form()).text("townships", 2000)
    names = list(dict.fromkeys(written.replace("、", " ").replace("，", " ").replace(",", " ").split()))
    if len(names) > MOST or any(len(name) > LONGEST["township"] for name in names):
        raise Problem(f"一位联络员最多 {MOST} 个乡镇，名称最多 {LONGEST['township']} 个字。")
    async with visit.service.database.transaction() as conn:
        person = await staff.get(conn, int(visit.request.match_info["person"]))
        if ROLE not in person.roles or not person.active:
            raise Problem("这位同事现在不是乡镇联络员。")
        await townships.give(conn, person.id, names, visit.now)
        await visit.audit(conn, "分派联络员", person.name, 乡镇="、".join(names) or "无")
    said = f"{person.display}登记{'、'.join(names)}的活动。" if names else f"{person.display}现在没有乡镇。"
    return visit.see_other(CONTACTS, flash=said)
