"""Coming in and going out: password, second step, the person's own account."""

import secrets

from aiohttp import web
from markupsafe import Markup

from bot.office import sessions, signin, totp
from bot.office.passwords import Passwords
from bot.office.sessions import Session
from bot.office.staff import Staff
from bot.problems import Problem
from bot.web.doors import CODE, ENROL, LOGIN, LOGOUT, PASSWORD, TODAY, next_door
from bot.web.guard import PUBLIC, STAFF, Routes, Visit
from bot.web.visit import clear_cookie, set_cookie

routes = Routes()
PASSWORDS = web.AppKey("passwords", Passwords)


@routes.get(LOGIN, roles=PUBLIC)
async def show_login(visit: Visit) -> web.StreamResponse:
    """The form; somebody who is in already goes on to today."""
    if visit.session is not None:
        return visit.see_other(next_door(visit.staff, visit.session) or TODAY)
    return _login_page(visit)


@routes.post(LOGIN, roles=PUBLIC)
async def log_in(visit: Visit) -> web.StreamResponse:
    """Check name and password, and start a session under a fresh token."""
    form = await visit.form()
    name, database = form.text("name", 64), visit.service.database
    hashing = visit.request.config_dict[PASSWORDS]
    try:
        person = await signin.authenticate(
            database, hashing, name, form.text("password"), address=visit.address, now=visit.now
        )
    except Problem as problem:
        return _login_page(visit, name=name, error=problem.words, status=problem.status)
    token = secrets.token_urlsafe(32)
    async with database.transaction() as conn:
        if visit.session is not None:
            await sessions.close(conn, visit.session)
        session = await sessions.start(
            conn,
            token=token,
            csrf=secrets.token_urlsafe(32),
            staff_id=person.id,
            stage="password" if person.has_totp else "full",
            address=visit.address,
            now=visit.now,
        )
    return _go_on(visit, person, session, token)


@routes.post(LOGOUT, roles=STAFF)
async def log_out(visit: Visit) -> web.StreamResponse:
    """End this session."""
    async with visit.service.database.transaction() as conn:
        await sessions.close(conn, visit.signed_in)
        await visit.audit(conn, "退出", visit.staff.name)
    return _gone(visit)


@routes.get(CODE, roles=STAFF)
async def show_code(visit: Visit) -> web.StreamResponse:
    """The second step, when one is set up and still to come."""
    if visit.signed_in.stage == "full":
        return visit.see_other(TODAY)
    return visit.page("code.html", error="")


@routes.post(CODE, roles=STAFF)
async def check_code(visit: Visit) -> web.StreamResponse:
    """Let the person in, under a new token."""
    if visit.signed_in.stage == "full":
        return visit.see_other(TODAY)
    database = visit.service.database
    typed = (await visit.form()).text("code")
    try:
        await signin.confirm_code(database, visit.staff, typed, address=visit.address, now=visit.now)
    except Problem as problem:
        return visit.page("code.html", status=problem.status, error=problem.words)
    return await _renewed(visit)


@routes.get(ENROL, roles=STAFF)
async def show_enrolment(visit: Visit) -> web.StreamResponse:
    """A secret for the phone; the same one until it is confirmed, so that going back does no harm."""
    if visit.staff.has_totp:
        return visit.see_other("/office/me", flash="已经绑定过手机。换手机请管理员重置。")
    candidate = visit.signed_in.candidate
    if not candidate:
        candidate = totp.new_secret(secrets.token_bytes(totp.SECRET_BYTES))
        async with visit.service.database.transaction() as conn:
            await sessions.set_candidate(conn, visit.signed_in, candidate)
    return _enrolment_page(visit, candidate)


@routes.post(ENROL, roles=STAFF)
async def enrol(visit: Visit) -> web.StreamResponse:
    """Turn the second step on."""
    session = visit.signed_in
    if visit.staff.has_totp or not session.candidate:
        return visit.see_other(ENROL)
    typed = (await visit.form()).text("code")
    try:
        await signin.enrol(visit.service.database, visit.staff, session, typed, now=visit.now)
    except Problem as problem:
        return _enrolment_page(visit, session.candidate, status=problem.status, error=problem.words)
    return await _renewed(visit)


@routes.get(PASSWORD, roles=STAFF)
async def show_password(visit: Visit) -> web.StreamResponse:
    """A new password: by choice, or after a one-time one."""
    return visit.page("password.html", first=visit.staff.must_change, error="")


@routes.post(PASSWORD, roles=STAFF)
async def change_password(visit: Visit) -> web.StreamResponse:
    """Store the new password; the person's other sessions end."""
    form, first = await visit.form(), visit.staff.must_change
    try:
        if form.text("chosen") != form.text("again"):
            raise Problem("两次输入的新密码不一样，请再输一次。")
        await signin.change_password(
            visit.service.database,
            visit.request.config_dict[PASSWORDS],
            visit.staff,
            visit.signed_in,
            current=None if first else form.text("current"),
            chosen=form.text("chosen"),
            now=visit.now,
        )
    except Problem as problem:
        return visit.page("password.html", status=problem.status, first=first, error=problem.words)
    return visit.see_other(TODAY if first else "/office/me", flash="新密码已保存，其他地方的登录已退出。")


@routes.get("/office/me", roles=STAFF)
async def show_me(visit: Visit) -> web.StreamResponse:
    """The person's own account."""
    return visit.page("me.html")


@routes.post("/office/me/logout-everywhere", roles=STAFF)
async def log_out_everywhere(visit: Visit) -> web.StreamResponse:
    """End all sessions of the person, this one too."""
    async with visit.service.database.transaction() as conn:
        ended = await sessions.close_all(conn, visit.staff.id)
        await visit.audit(conn, "从所有地方退出", visit.staff.name, 退出几处=ended)
    return _gone(visit)


def _login_page(
    visit: Visit, *, status: int = 200, name: str = "", error: str = "", said: str = ""
) -> web.Response:
    return visit.page("login.html", status=status, name=name, error=error, said=said)


def _enrolment_page(visit: Visit, candidate: str, *, status: int = 200, error: str = "") -> web.Response:
    address = totp.address(candidate, visit.staff.name, visit.service.config.office.name)
    key = " ".join(candidate[start : start + 4] for start in range(0, len(candidate), 4))
    return visit.page(
        "enrol.html",
        status=status,
        error=error,
        key=key,
        picture=Markup(totp.picture(address)),  # noqa: S704  our own SVG: digits and letters of a path
        required="admin" in visit.staff.roles,
    )


def _go_on(visit: Visit, person: Staff, session: Session, token: str) -> web.Response:
    response = visit.see_other(next_door(person, session) or TODAY)
    set_cookie(response, visit.service, "session", token)
    clear_cookie(response, visit.service, "door")
    return response


async def _renewed(visit: Visit) -> web.Response:
    token = secrets.token_urlsafe(32)
    async with visit.service.database.transaction() as conn:
        session = await sessions.renew(conn, visit.signed_in, token=token, csrf=secrets.token_urlsafe(32))
    if session is None:
        return visit.see_other(LOGIN)
    response = visit.see_other(TODAY)
    set_cookie(response, visit.service, "session", token)
    return response


def _gone(visit: Visit) -> web.Response:
    response = visit.see_other(LOGIN)
    clear_cookie(response, visit.service, "session")
    return response
