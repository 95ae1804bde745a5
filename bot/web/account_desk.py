"""Who may sign in, and to do what: the administrator's desk."""

import secrets

from aiohttp import web

from bot.office import staff
from bot.office.passwords import one_time_password
from bot.office.staff import Staff
from bot.problems import NotFound, Problem
from bot.web.guard import Routes, Visit
from bot.web.login import PASSWORDS

routes = Routes(rail="账号")
ADMIN = {"admin"}
LIST = "/office/accounts"


@routes.get(LIST, roles=ADMIN)
async def show_accounts(visit: Visit) -> web.StreamResponse:
    """Everybody, active ones first."""
    async with visit.service.database.snapshot() as conn:
        everybody = await staff.everybody(conn)
    return visit.page("accounts.html", everybody=everybody, moment=int(visit.now.timestamp()))


@routes.get(f"{LIST}/new", roles=ADMIN)
async def show_new(visit: Visit) -> web.StreamResponse:
    """The form for one more person."""
    return visit.page("account_new.html", name="", display="", chosen=[], error="")


@routes.post(f"{LIST}/new", roles=ADMIN)
async def add(visit: Visit) -> web.StreamResponse:
    """Add the person; the one-time password is on the answer and nowhere else."""
    form = await visit.form()
    name, display, chosen = form.text("name", 64), form.text("display", 64), form.texts("role")
    password, encoded = await _one_time(visit)
    try:
        async with visit.service.database.transaction() as conn:
            person = await staff.add(
                conn,
                name=name,
                display=display,
                roles=chosen,
                password_hash=encoded,
                must_change=True,
                by=visit.staff.name,
                now=visit.now,
            )
    except Problem as problem:
        return visit.page(
            "account_new.html",
            status=problem.status,
            name=name,
            display=display,
            chosen=chosen,
            error=problem.words,
        )
    return visit.page("account_password.html", person=person, password=password)


@routes.get(f"{LIST}/{{id:[0-9]{{1,18}}}}", roles=ADMIN)
async def show_account(visit: Visit) -> web.StreamResponse:
    """One person and what can be done with the account."""
    return await _account_page(visit, await _person(visit))


@routes.post(f"{LIST}/{{id:[0-9]{{1,18}}}}/roles", roles=ADMIN)
async def set_roles(visit: Visit) -> web.StreamResponse:
    """Other tasks for the person."""
    person, chosen = await _person(visit), (await visit.form()).texts("role")
    try:
        async with visit.service.database.transaction() as conn:
            await staff.set_roles(conn, person, chosen, by=visit.staff.name, now=visit.now)
    except Problem as problem:
        return await _account_page(visit, person, problem)
    back = f"{LIST}/{person.id}" if person.id != visit.staff.id or "admin" in chosen else "/office"
    return visit.see_other(back, flash=f"“{person.display}”的角色已保存。")


@routes.post(f"{LIST}/{{id:[0-9]{{1,18}}}}/reset", roles=ADMIN)
async def reset(visit: Visit) -> web.StreamResponse:
    """A new one-time password, shown once."""
    person = await _person(visit)
    password, encoded = await _one_time(visit)
    try:
        async with visit.service.database.transaction() as conn:
            await staff.reset(conn, person, encoded, by=visit.staff.name, now=visit.now)
    except Problem as problem:
        return await _account_page(visit, person, problem)
    return visit.page("account_password.html", person=person, password=password)


@routes.post(f"{LIST}/{{id:[0-9]{{1,18}}}}/disable", roles=ADMIN)
async def disable(visit: Visit) -> web.StreamResponse:
    """Stop an account, after its name has been repeated."""
    person = await _person(visit)
    try:
        await _confirm(visit, person)
        if person.id == visit.staff.id:
            raise Problem("不能停用自己的账号。要离开岗位，请用“移交”。")
        async with visit.service.database.transaction() as conn:
            await staff.disable(conn, person, by=visit.staff.name, now=visit.now)
    except Problem as problem:
        return await _account_page(visit, person, problem)
    return visit.see_other(LIST, flash=f"“{person.display}”已停用。")


@routes.post(f"{LIST}/{{id:[0-9]{{1,18}}}}/hand-over", roles=ADMIN)
async def hand_over(visit: Visit) -> web.StreamResponse:
    """Give one person's tasks to another, after the name has been repeated."""
    person = await _person(visit)
    try:
        await _confirm(visit, person)
        chosen = (await visit.form()).text("taker", 18)
        if not (chosen.isascii() and chosen.isdecimal()):
            raise Problem("请选择把工作交给谁。")
        async with visit.service.database.transaction() as conn:
            taker = await staff.get(conn, int(chosen))
            await staff.hand_over(conn, person, taker, by=visit.staff.name, now=visit.now)
    except Problem as problem:
        return await _account_page(visit, person, problem)
    return visit.see_other(LIST, flash=f"“{person.display}”的工作已移交给“{taker.display}”。")


async def _person(visit: Visit) -> Staff:
    async with visit.service.database.snapshot() as conn:
        return await staff.get(conn, int(visit.request.match_info["id"]))


async def _one_time(visit: Visit) -> tuple[str, str]:
    password = one_time_password(secrets.choice)
    return password, await visit.request.config_dict[PASSWORDS].hash(password)


async def _confirm(visit: Visit, person: Staff) -> None:
    typed = (await visit.form()).text("confirm", 64)
    if typed != person.name:
        raise Problem(f"写的登录名和“{person.name}”不一样，没有执行。请核对是不是这位同事。")


async def _account_page(visit: Visit, person: Staff, problem: Problem | None = None) -> web.Response:
    if isinstance(problem, NotFound):
        raise problem
    async with visit.service.database.snapshot() as conn:
        everybody = await staff.everybody(conn)
    takers = [other for other in everybody if other.active and other.id != person.id]
    return visit.page(
        "account.html",
        status=problem.status if problem else 200,
        person=person,
        takers=takers,
        error=problem.words if problem else "",
    )
