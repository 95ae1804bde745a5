"""The simulator's addresses, and what every answer to a browser carries."""

from aiohttp import web

from bot.simulator import phone, services
from bot.simulator.simulator import Simulator

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


async def _headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"


def add_routes(simulator: Simulator) -> None:
    """Give the simulator's application its pages and its platform."""
    app = simulator.app
    pages, behind = phone.Phone(simulator), services.Services(simulator)
    app.router.add_get("", pages.home, name="home")
    app.router.add_get("/", pages.home)
    app.router.add_get("/people", pages.people)
    app.router.add_post("/people", pages.add_person)
    app.router.add_get("/phone/{openid}", pages.chat)
    app.router.add_get("/phone/{openid}/lines", pages.lines)
    app.router.add_get("/phone/{openid}/console", pages.console)
    app.router.add_post("/phone/{openid}/act", pages.act)
    app.router.add_get("/phone/{openid}/menu/{number:[0-9]{1,2}}", pages.open_menu)
    app.router.add_post("/mass/{msg_id:[0-9]+}", pages.decide_mass)
    app.router.add_get("/articles/{page_id}", pages.article)
    app.router.add_get("/articles/{page_id}/source", pages.article_source)
    app.router.add_get("/media/{media_id}", behind.media)
    app.router.add_get("/static/{name:[a-z]+\\.(?:css|js)}", behind.static)
    app.router.add_get("/oauth/connect/oauth2/authorize", pages.authorise)
    app.router.add_post("/deliver/{openid}", behind.deliver)
    app.router.add_get("/chat/{openid}", behind.chat)
    app.router.add_get("/ledger", behind.ledger)
    app.router.add_route("*", "/api/{path:.*}", behind.api)
    app.on_response_prepare.append(_headers)
