"""What is served besides the phone: platform, uploads, residents of other processes."""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from bot.simulator.courier import TRIES
from bot.simulator.remote import delivery_to_json, line_to_json
from bot.simulator.simulator import Simulator
from bot.simulator.wire import Envelope

STATIC = Path(__file__).parent / "static"
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript"}


def own_address(request: web.Request) -> str:
    """Where the simulator is mounted, as the caller reached it: http://host:port/simulator."""
    return f"{request.url.origin()}{mount(request)}"


def mount(request: web.Request) -> str:
    """The path that the simulator is mounted under; empty at the root."""
    return str(request.app.router["home"].url_for()).rstrip("/")


class Services:
    """Handlers without a page."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def api(self, request: web.Request) -> web.StreamResponse:
        """api.weixin.qq.com."""
        return await self._simulator.platform.handle(request, own_address(request))

    async def media(self, request: web.Request) -> web.Response:
        """An uploaded picture; anything else is not served."""
        media = self._simulator.media.get(request.match_info["media_id"])
        if media is None or not media.content_type.startswith("image/"):
            raise web.HTTPNotFound
        return web.Response(body=media.content, content_type=media.content_type)

    async def static(self, request: web.Request) -> web.Response:
        """The page's own style and script."""
        path = STATIC / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        return web.Response(body=path.read_bytes(), content_type=CONTENT_TYPES[path.suffix], charset="utf-8")

    async def deliver(self, request: web.Request) -> web.Response:
        """Simulator.send for a resident of another process."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        order = json.loads(await request.read())
        if not isinstance(order, Mapping) or not isinstance(order.get("fields"), Mapping):
            raise web.HTTPBadRequest
        envelope = None
        if "query" in order:
            envelope = Envelope(order["query"], base64.b64decode(order["body"]))
        delivery = await self._simulator.send(
            request.match_info["openid"],
            order["fields"],
            again=bool(order.get("again")),
            tries=int(order.get("tries") or TRIES),
            envelope=envelope,
            patience=order.get("patience"),
        )
        return web.json_response(delivery_to_json(delivery))

    async def chat(self, request: web.Request) -> web.Response:
        """Simulator.lines for a resident of another process."""
        lines = await self._simulator.lines(request.match_info["openid"])
        return web.json_response([line_to_json(line) for line in lines])

    async def ledger(self, _request: web.Request) -> web.Response:
        """What a drill counts."""
        simulator = self._simulator
        return web.json_response(
            {
                "mass_effects": simulator.mass_effects,
                "customer_messages": Counter(one.openid for one in simulator.customer_messages),
                "calls": Counter(call.path for call in simulator.calls),
                "tokens_issued": simulator.tokens.issued,
            }
        )
