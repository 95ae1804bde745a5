"""The one way in: roles, sessions, form tokens, limits and headers for every page of the service.

`install` takes the routes of all desks and refuses to start with a route that declares no roles; what is
reached otherwise (webhook, health, static files, simulator) is named with `declare_public`.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler as AioHandler
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.limits import Meter, Rule
from bot.office import sessions, staff
from bot.problems import Forbidden, Over, Problem, TooOften
from bot.service import SERVICE
from bot.web import shell
from bot.web.doors import LOGIN, LOGOUT, TODAY, next_door
from bot.web.routes import PUBLIC, ROUTES, STAFF, Route, Routes
from bot.web.visit import NOBODY, Visit, secure

__all__ = ["PUBLIC", "ROUTES", "STAFF", "Routes", "Visit", "declare_public", "install", "undeclared"]

log = logging.getLogger(__name__)

STATIC = "/office/static"
ACTS_PER_PERSON = Rule(times=120, seconds=60)

PUBLIC_PATHS = web.AppKey("public_paths", set[str])
ACTS = web.AppKey("acts", Meter)
VISIT = web.RequestKey("visit", Visit)
STARTED = web.RequestKey("started", bool)

DATABASE_TROUBLE = (OperationalError, InterfaceError, PoolTimeout, ConnectionError)
"""Locked, full, away: nothing was stored, and it passes."""

CONTENT_SECURITY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# "same-origin" tells other sites nothing either; "no-referrer" would make the Origin of our own forms "null".
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def install(app: web.Application, desks: Sequence[Routes]) -> None:
    """Add the desks' routes, the static files, the headers and the problem pages; check all routes at start.

    `app[SERVICE]` must be set before the app starts. Raises ValueError for an unknown rail entry.
    """
    routes = []
    for route in (route for desk in desks for route in desk.declared):
        if route.rail and route.rail not in shell.RAIL:
            raise ValueError(f"{route.path}: the rail has no entry {route.rail!r}")
        added = app.router.add_route(route.method, route.path, _guarded(app, route)).resource
        routes.append(replace(route, path=added.canonical if added else route.path))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, _guarded(app, route))
    app[ROUTES] = routes
    app[ACTS] = Meter(ACTS_PER_PERSON)
    app.router.add_static(STATIC, shell.STATIC_FILES)
    declare_public(app, STATIC)
    app.middlewares.append(_faces)
    app.on_response_prepare.append(_headers_of(app))
    app.on_startup.append(_refuse_undeclared)


def declare_public(app: web.Application, path: str) -> None:
    """Say that everybody may reach `path` and what is under it; it answers for itself."""
    app.setdefault(PUBLIC_PATHS, set()).add(path)


def undeclared(app: web.Application) -> list[str]:
    """Routes that neither a desk nor `declare_public` knows, as "METHOD path"."""
    known = {(route.method, route.path) for route in app[ROUTES]}
    known |= {("HEAD", path) for method, path in known if method == "GET"}
    return [
        f"{route.method} {path}"
        for route in app.router.routes()
        if (route.method, path := route.resource.canonical if route.resource else "") not in known
        and not any(path == public or path.startswith(public + "/") for public in app.get(PUBLIC_PATHS, ()))
    ]


async def _refuse_undeclared(app: web.Application) -> None:
    if missing := undeclared(app):
        raise RuntimeError(f"routes without declared roles: {', '.join(missing)}")


def _guarded(app: web.Application, route: Route) -> AioHandler:
    async def handle(request: web.Request) -> web.StreamResponse:
        service = app[SERVICE]
        limited = (
            request if request.client_max_size == route.limit else request.clone(client_max_size=route.limit)
        )
        visit = Visit(limited, service=service, now=service.clock())
        await _recognise(visit)
        request[VISIT] = visit
        if (elsewhere := _refused(visit, route)) is not None:
            return elsewhere
        try:
            if route.method == "POST":
                await _check_act(visit)
            return await route.handler(visit)
        finally:
            visit.close()

    return handle


async def _recognise(visit: Visit) -> None:
    """Find out who is here, by the cookie of the sign-in."""
    token = visit.cookie("session")
    if not token:
        return
    database, now = visit.service.database, visit.now
    async with database.snapshot() as conn:
        session = await sessions.find(conn, token, now)
        person = await staff.get(conn, session.staff_id) if session else NOBODY
    if session is None or not person.active:
        return
    if sessions.needs_touch(session, now):
        async with database.transaction() as conn:
            await sessions.touch(conn, session, now)
    visit.staff, visit.session = person, session


def _refused(visit: Visit, route: Route) -> web.StreamResponse | None:
    if route.roles == PUBLIC:
        return None
    if visit.session is None:
        return _to(visit, LOGIN, "您还没有登录，或者离开得太久，刚才的内容没有提交。请重新登录。")
    door = next_door(visit.staff, visit.session)
    if door and route.path not in (door, LOGOUT):
        return _to(visit, door, "登录还差一步，刚才的内容没有提交。")
    if not door and not route.allows(visit.staff.roles):
        raise Forbidden("您的角色不能做这件事。需要的话，请管理员在“账号”里为您加上相应的角色。")
    return None


def _to(visit: Visit, path: str, words: str) -> web.StreamResponse:
    if visit.request.method in ("GET", "HEAD"):
        return visit.see_other(path)
    return visit.page("problem.html", status=401, title="请先登录", words=words, path=path, step="去登录")


async def _check_act(visit: Visit) -> None:
    """Refuse a POST that is not from a page of ours; an old browser may lack the first two signs."""
    headers, refused = (
        visit.request.headers,
        Forbidden("这次提交不是从本系统的页面来的，没有执行。请回到原页面再试。"),
    )
    if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise refused
    origin = headers.get("Origin")
    if origin is not None and not _is_ours(origin, visit):
        raise refused
    if not visit.form_token_fits((await visit.form()).text("form_token")):
        if not visit.has_cookies:
            raise Forbidden(
                "这个浏览器没有允许 Cookie，认不出刚才的页面，这一步没有提交。"
                "请在微信里打开，或者允许 Cookie 以后刷新再试。"
            )
        raise Forbidden("页面放得太久，已经失效，刚才的内容没有提交。请退回上一页，刷新后再提交一次。")
    person = visit.staff.id
    if person and not visit.request.config_dict[ACTS].allows(str(person), visit.now):
        raise TooOften("提交得太快了，这一次没有执行。请等一分钟再试。")


def _is_ours(origin: str, visit: Visit) -> bool:
    public = urlsplit(visit.service.config.server.public_url)
    return origin == f"{public.scheme}://{public.netloc}" or (
        not secure(visit.service) and origin == f"http://{visit.request.host}"
    )


@web.middleware
async def _faces(request: web.Request, handler: AioHandler) -> web.StreamResponse:
    """Turn whatever went wrong into a page that a person can act on."""
    try:
        return await handler(request)
    except Problem as problem:
        return _problem_page(
            request, problem.status, shell.TITLES.get(problem.status, "没有办成"), problem.words
        )
    except web.HTTPException as error:
        if error.status < 400 or not _wants_page(request):
            raise
        title, words = shell.HTTP_WORDS.get(
            error.status, ("没有办成", "这一步没有完成，什么也没有改动。请退回上一页再试一次。")
        )
        response = _problem_page(request, error.status, title, words)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except DATABASE_TROUBLE as error:
        if _has_started(request):
            raise
        log.error("database: %s", type(error).__name__, extra={"route": _route_of(request)})
        words = "系统现在存取不了数据，刚才这一步没有保存。请过一会儿再试，先前保存的都在。"
        return _problem_page(request, 503, shell.TITLES[503], words)
    except Exception as error:
        if _has_started(request):
            raise
        number = secrets.token_hex(4)
        log.error("unexpected error %s", number, extra={"route": _route_of(request)}, exc_info=error)
        words = f"系统出了意外，这一步可能没有完成。请稍后再试；还是不行，请把编号 {number} 告诉维护人员。"
        return _problem_page(request, 500, "系统出了意外", words)


def _has_started(request: web.Request) -> bool:
    """Whether a streamed answer has begun: then only a cut connection can say that it went wrong."""
    visit = request.get(VISIT)
    return bool(request.get(STARTED) or (visit is not None and visit.request.get(STARTED)))


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "(no route)"


def _wants_page(request: web.Request) -> bool:
    if request.get(VISIT) is not None or request.path.startswith("/office"):
        return True
    return "text/html" in request.headers.get("Accept", "")


def _problem_page(request: web.Request, status: int, title: str, words: str) -> web.Response:
    if not _wants_page(request):
        return web.Response(text=words, status=status)
    service = request.config_dict[SERVICE]
    visit: Visit = request.get(VISIT) or Visit(request, service=service, now=service.clock())
    path, step = (TODAY, "回到今天") if request.path.startswith("/office") else ("", "")
    told = {"title": title, "words": words, "path": path, "step": step, "over": status == Over.status}
    return visit.page("problem.html", status=status, **told)


def _headers_of(app: web.Application) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
        request[STARTED] = True
        headers = response.headers
        headers.setdefault(hdrs.X_CONTENT_TYPE_OPTIONS, "nosniff")
        if headers.get(hdrs.CONTENT_TYPE, "").startswith("text/html"):
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        if request.path.startswith("/office"):
            kept = (
                "public, max-age=31536000, immutable" if request.path.startswith(STATIC + "/") else "no-store"
            )
            headers.setdefault(hdrs.CACHE_CONTROL, kept)
        if secure(app[SERVICE]):
            headers.setdefault(hdrs.STRICT_TRANSPORT_SECURITY, "max-age=31536000")

    return set_headers
