"""The phone in the browser: a chat that a resident would recognise, with the console beside it."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bot.simulator.chat import may_open
from bot.simulator.media import THREE_DAYS
from bot.simulator.oauth import Unauthorisable
from bot.simulator.people import Person
from bot.simulator.samples import photograph, speech
from bot.simulator.screen import console_view, leaves, menu_view, moment, screen
from bot.simulator.services import mount, own_address
from bot.simulator.simulator import Simulator

NAME_LENGTH = 12
TINTS = 5
OPENID_COOKIE = "simulator_resident"
OPENID_KEPT = 30 * 86400
SURNAMES, TITLES = "赵钱孙周吴郑冯陈褚卫蒋沈韩杨", ("大爷", "阿姨", "师傅", "老师", "女士", "先生")


class Phone:
    """Handlers of the pages; every form works without a script too."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def _page(self, request: web.Request, template: str, **values: object) -> web.Response:
        simulator = self._simulator
        shared = {
            "mount": mount(request),
            "options": simulator.options,
            "everybody": list(simulator.people),
            "now": simulator.clock(),
            "tint": self._tint(values.get("person")),
        }
        text = self._templates.get_template(template).render(shared | values)
        return web.Response(text=text, content_type="text/html")

    def _tint(self, person: object) -> int:
        return next((n for n, one in enumerate(self._simulator.people) if one is person), 0) % TINTS

    def _person(self, request: web.Request) -> Person:
        person = self._simulator.people.get(request.match_info["openid"])
        if person is None:
            raise web.HTTPNotFound
        return person

    async def home(self, request: web.Request) -> web.Response:
        """The phone of whoever used it last in this browser, else of the first resident."""
        people = self._simulator.people
        person = people.get(request.cookies.get(OPENID_COOKIE, "")) or next(iter(people))
        raise web.HTTPFound(f"{mount(request)}/phone/{person.openid}")

    async def people(self, request: web.Request) -> web.Response:
        """What stands beside the phone on a wide screen, as a page for a narrow one."""
        person = self._simulator.people.get(request.cookies.get(OPENID_COOKIE, ""))
        return self._page(request, "people.html", person=person, console=self._console())

    async def add_person(self, request: web.Request) -> web.Response:
        """One more resident."""
        form = await own_form(request)
        simulator = self._simulator
        name = form.get("name", "").strip()[:NAME_LENGTH]
        if not name:
            taken = {one.name for one in simulator.people}
            free = [a + b for a in SURNAMES for b in TITLES if a + b not in taken]
            name = simulator.rng.choice(free or [f"居民{len(taken)}"])
        raise web.HTTPSeeOther(f"{mount(request)}/phone/{simulator.people.add(name).openid}")

    def _console(self) -> Mapping[str, object]:
        return console_view(self._simulator.mass, self._simulator.options.confirmation, self._simulator.now())

    def _screen(self, person: Person) -> list[Mapping[str, object]]:
        return screen(person, self._simulator.drafts.pages, self._simulator.now())

    async def chat(self, request: web.Request) -> web.Response:
        """The whole phone; `?bar=text` shows the keyboard where the account has a menu."""
        person = self._person(request)
        menu = menu_view(self._simulator.account.menu)
        response = self._page(
            request,
            "phone.html",
            person=person,
            screen=self._screen(person),
            menu=menu if request.query.get("bar") != "text" else [],
            has_menu=bool(menu),
            profile="profile" in request.query or (not person.following and not person.chat),
            console=self._console(),
        )
        response.set_cookie(
            OPENID_COOKIE,
            person.openid,
            max_age=OPENID_KEPT,
            path=mount(request) or "/",
            httponly=True,
            samesite="Lax",
        )
        return response

    async def lines(self, request: web.Request) -> web.Response:
        """The chat's lines alone, for the page that is already open."""
        person = self._person(request)
        return self._page(request, "lines.html", person=person, screen=self._screen(person))

    async def console(self, request: web.Request) -> web.Response:
        """The administrator's side alone."""
        return self._page(request, "console.html", person=self._person(request), console=self._console())

    async def act(self, request: web.Request) -> web.Response:
        """Whatever the resident does; answered by the page, or by 204 when its script asked."""
        person = self._person(request)
        form = await own_form(request)
        resident = self._simulator.resident_of(person)
        said = form.get("text", "").strip()
        match form.get("do"):
            case "follow" if not person.following:
                await resident.follow()
            case "unfollow" if person.following:
                await resident.unfollow()
            case "say" if said:
                await resident.say(said)
            case "send-link":
                fields = {"MsgType": "text", "Content": said, "bizmsgmenuid": form.get("menu_id", "0")}
                await self._simulator.send(person.openid, fields)
            case "voice":
                until = int(self._simulator.clock().timestamp()) + THREE_DAYS
                spoken = self._simulator.media.keep("voice", speech(), "audio/amr", until)
                await resident.voice(said if "recognised" in form else None, spoken.media_id)
            case "image":
                picture = self._simulator.media.keep("image", photograph(), "image/png", None)
                await resident.image(f"{own_address(request)}/media/{picture.media_id}", picture.media_id)
            case "click":
                await resident.click(form.get("key", ""))
        if "X-Fragment" in request.headers:
            return web.Response(status=204)
        bar = "?bar=text" if form.get("bar") == "text" else ""
        raise web.HTTPSeeOther(f"{mount(request)}/phone/{person.openid}{bar}")

    async def open_menu(self, request: web.Request) -> web.Response:
        """A tap on a menu button of type view: the account hears of it, the page opens."""
        person = self._person(request)
        buttons = [leaf for entry in menu_view(self._simulator.account.menu) for leaf in leaves(entry)]
        number = int(request.match_info["number"])
        url = str(buttons[number].get("url", "")) if number < len(buttons) else ""
        if not may_open(url):
            raise web.HTTPNotFound
        await self._simulator.resident_of(person).view(url)
        raise web.HTTPFound(url)

    async def decide_mass(self, request: web.Request) -> web.Response:
        """The administrator confirms or refuses a mass send."""
        form = await own_form(request)
        self._simulator.mass.decide(int(request.match_info["msg_id"]), form.get("decision") == "confirm")
        await self._simulator.tick()
        if "X-Fragment" in request.headers:
            return web.Response(status=204)
        raise web.HTTPSeeOther(f"{mount(request)}/people")

    async def article(self, request: web.Request) -> web.Response:
        """An article as followers read it."""
        page = self._simulator.drafts.pages.get(request.match_info["page_id"])
        if page is None:
            response = self._page(request, "gone.html", message="该内容已被发布者删除")
            response.set_status(404)
            return response
        source = page.article.source_url
        self._looks(request, page.page_id)
        return self._page(
            request,
            "article.html",
            page=page,
            published=moment(page.at, self._simulator.now()),
            # The allow-list of articles.clean is what makes this HTML safe to show as it is.
            content=Markup(page.article.content),  # noqa: S704
            source=f"{page.url}/source" if may_open(source) else "",
        )

    async def article_source(self, request: web.Request) -> web.Response:
        """阅读原文: the account's statistics hear of it, the page opens."""
        page = self._simulator.drafts.pages.get(request.match_info["page_id"])
        if page is None or not may_open(page.article.source_url):
            raise web.HTTPNotFound
        self._looks(request, page.page_id, source=True)
        raise web.HTTPFound(page.article.source_url)

    def _looks(self, request: web.Request, page_id: str, *, source: bool = False) -> None:
        openid = request.cookies.get(OPENID_COOKIE, "")
        if request.method == "GET":
            self._simulator.datacube.opens(page_id, openid, self._simulator.clock(), source=source)

    async def authorise(self, request: web.Request) -> web.Response:
        """snsapi_base passes at once: back with a code for the resident who holds the phone."""
        simulator = self._simulator
        try:
            simulator.oauth.check(request.query)
        except Unauthorisable as no:
            response = self._page(request, "gone.html", message=str(no))
            response.set_status(400)
            return response
        openid = request.query.get("as") or request.cookies.get(OPENID_COOKIE, "")
        person = simulator.people.get(openid)
        silent = request.query["scope"] == "snsapi_base" or "allow" in request.query
        if person is None or not silent:
            return self._page(request, "authorise.html", query=dict(request.query), person=person)
        raise web.HTTPFound(simulator.oauth.grant(request.query, openid, simulator.now()))


async def own_form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form that one of these pages sent; 403 for a form of another site."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden
    form = await request.post()
    return {name: value for name, value in form.items() if isinstance(value, str)}
