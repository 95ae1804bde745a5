"""/results/<wave>: results that the office has opened for everybody. No sign-in, no script, no free text."""

import gzip
from hashlib import sha256
from urllib.parse import quote

from aiohttp import web

from bot.problems import NotFound
from bot.waves.public_results import Drawn, Page
from bot.web import charts
from bot.web.guard import PUBLIC, Routes, Visit
from bot.web.public_view import strips

routes = Routes()
PATH = "/results/{slug:[^/]{1,100}}"
GONE = "这里没有公开的结果，或者单位已经收回。有问题请打 {hotline}。"


@routes.get(PATH, roles=PUBLIC)
async def show(visit: Visit) -> web.StreamResponse:
    """The page; a browser that has it is told that nothing changed, but asks every time."""
    slug = visit.request.match_info["slug"]
    page = await visit.service.open_results.find(visit.service.database, slug, visit.now)
    if page is None:
        raise NotFound(GONE.format(hotline=visit.service.config.office.hotline))
    large = _large(visit)
    drawn = visit.service.open_results.drawn
    if (page.id, large) not in drawn:
        drawn[page.id, large] = _draw(page_of(visit, page))
    found = drawn[page.id, large]
    headers = {"Cache-Control": "no-cache", "ETag": found.mark, "Vary": "Accept-Encoding"}
    if visit.request.headers.get("If-None-Match") == found.mark:
        return web.Response(status=304, headers=headers)
    packed = "gzip" in visit.request.headers.get("Accept-Encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    body = found.packed if packed else found.body
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)


def page_of(visit: Visit, page: Page, preview: str = "", back: str = "") -> web.Response:
    """The frozen content drawn; `preview` says on top that it is not open, `back` is the desk's page."""
    shown = page.shown
    return visit.page(
        "results_public.html",
        title=f"{shown['questionnaire']}：结果",
        shown=shown,
        indicators=[(one, strips(one)) for one in shown["indicators"]],
        axis=charts.axis(),
        sample=charts.sample,
        decided_at=page.decided_at,
        large=_large(visit),
        preview=preview,
        back=back,
    )


def public_path(page: Page) -> str:
    """Where everybody finds it."""
    return f"/results/{quote(page.slug, safe='')}"


def _large(visit: Visit) -> bool:
    return visit.request.query.get("type") == "large"


def _draw(response: web.Response) -> Drawn:
    """Packed once for everybody: a page of many townships is mostly the same few strokes."""
    body = (response.text or "").encode()
    return Drawn(body, gzip.compress(body, mtime=0), f'"{sha256(body).hexdigest()[:32]}"')
