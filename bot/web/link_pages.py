"""/l/<token>: a link of a push. Whoever opens it is sent on to where the push said, and counted as nobody."""

from aiohttp import web

from bot.effect.clicks import Clicks, is_reader
from bot.problems import NotFound
from bot.web.guard import PUBLIC, Routes, Visit

routes = Routes()
CLICKS = web.AppKey("clicks", Clicks)
GONE = "这个链接不完整，或者不是我们发出的。请回到公众号的消息里，再点一次。"


@routes.get("/l/{token:[^/]{1,200}}", roles=PUBLIC)
async def follow(visit: Visit) -> web.StreamResponse:
    """On to the stored address, never to one that the request names."""
    request, clicks = visit.request, visit.request.config_dict[CLICKS]
    link = await clicks.link(visit.service.database, request.match_info["token"])
    if link is None:
        raise NotFound(GONE)
    if is_reader(request.method, request.headers):
        clicks.note(link, f"{visit.address} {request.headers.get('User-Agent', '')}", visit.now)
    response = web.Response(status=302, headers={"Location": link.target, "Cache-Control": "no-store"})
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
