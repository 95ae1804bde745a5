"""The number with which a colleague signs from a phone: set by its owner, and shown to nobody."""

from aiohttp import web

from bot.office import approvals, staff
from bot.problems import Problem
from bot.web.guard import Routes, Visit
from bot.web.login import PASSWORDS

routes = Routes()
PAGE = "/office/me/number"
SIGNERS = {"editor", "reviewer", "approver"}


@routes.get(PAGE, roles=SIGNERS)
async def show(visit: Visit) -> web.StreamResponse:
    """What the number is for, and the form."""
    return await _page(visit)


@routes.post(PAGE, roles=SIGNERS)
async def choose(visit: Visit) -> web.StreamResponse:
    """Set the number; the password proves that it is its owner who sets it."""
    form, hashing = await visit.form(), visit.request.config_dict[PASSWORDS]
    database, person = visit.service.database, visit.staff
    number = form.text("number", 16)
    try:
        approvals.check_number(number)
        if number != form.text("again", 16):
            raise Problem("两次输入的审核码不一样，请再输一次。")
        async with database.transaction() as conn:
            claimed = await staff.claim_attempt(conn, person.id, visit.now)
            held = await staff.keys(conn, person.id)
        if not (await hashing.matches(held.password_hash, form.text("password")) and claimed):
            raise Problem("登录密码不对，审核码没有存下。请再输一次。")
        encoded = await hashing.hash(number)
        async with database.transaction() as conn:
            await staff.give_back_attempt(conn, person.id)
            await approvals.set_number(conn, person.id, encoded, visit.now)
            await visit.audit(conn, "设置审核码", person.name)
    except Problem as problem:
        return await _page(visit, problem)
    return visit.see_other("/office/me", flash="审核码已存下。请记住它，不要告诉任何人，同事也不行。")


async def _page(visit: Visit, problem: Problem | None = None) -> web.Response:
    async with visit.service.database.snapshot() as conn:
        has = bool(await approvals.have_number(conn, [visit.staff.id]))
    status, error = (problem.status, problem.words) if problem else (200, "")
    return visit.page("me_number.html", status=status, error=error, has=has)
