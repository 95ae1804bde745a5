"""The guard: who gets where, whose forms count, what every page carries, and what is never let out."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import ROLES, Config
from bot.database import Database
from bot.logs import JsonLines, Redaction
from bot.problems import Conflict
from bot.service import SERVICE, Service
from bot.web import desks, guard, rules_desk, shell
from bot.web.address import client_address
from bot.web.guard import PUBLIC, STAFF, Routes, Visit
from bot.web.routes import ROUTES, Route
from bot.web.visit import clean
from tests.office import DESKS, Browser, Office, open_office, quick_database

probe = Routes(rail="留言")
acts: list[str] = []


@probe.get("/office/probe", roles={"editor", "auditor"})
async def show_probe(visit: Visit) -> web.StreamResponse:
    return visit.page(
        "problem.html", title="试", words=visit.request.query.get("words", ""), path="", step=""
    )


@probe.post("/office/probe", roles={"editor"})
async def do_probe(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    acts.append(form.text("word", 100))
    return visit.see_other("/office/probe", flash=form.text("word"))


@probe.post("/office/probe/file", roles={"editor"}, limit=1024 * 1024)
async def do_upload(visit: Visit) -> web.StreamResponse:
    upload = (await visit.form()).file("file")
    return web.Response(text=f"{upload.name} {len(upload.content)}" if upload else "none")


@probe.get("/office/probe/conflict", roles=STAFF)
async def do_conflict(visit: Visit) -> web.StreamResponse:
    raise Conflict("别人刚刚改过，请刷新。")


@probe.get("/office/probe/crash", roles=STAFF)
async def do_crash(visit: Visit) -> web.StreamResponse:
    raise RuntimeError("openid oABC said 家里的事")


@probe.get("/office/probe/stream", roles=STAFF)
async def do_stream(visit: Visit) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(visit.request)
    await response.write(b"row 1\n")
    raise RuntimeError("in the middle")


@probe.post("/q/probe", roles=PUBLIC)
async def do_public(visit: Visit) -> web.StreamResponse:
    acts.append("public")
    return web.Response(text="ok")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    acts.clear()
    async with quick_database(tmp_path) as database, open_office(database, desks=(*DESKS, probe)) as opened:
        yield opened


def expected(method: str, route: Route, role: str) -> set[int]:
    """What a cell of the matrix may answer; an act without a form token is refused at the latest there."""
    if method not in ("GET", "HEAD", "POST"):
        return {405}
    if route.roles == PUBLIC:
        return {403} if method == "POST" else {200, 303}
    if not role:
        return {401} if method == "POST" else {303}
    if role not in route.roles:
        return {403}
    return {403} if method == "POST" else {200, 303, 404, 409, 500}


async def test_every_route_answers_every_role_as_declared(office: Office) -> None:
    routes: list[Route] = office.app[ROUTES]
    paths = {resource.canonical for resource in office.app.router.resources()}
    declared = {route.path for route in routes}
    assert paths - declared == {"/office/static"}
    browsers: dict[str, Browser] = {"": office.browser()}
    for role in ROLES:
        browsers[role] = await office.signed_in(f"the-{role}", role)
    for role, browser in browsers.items():
        for path in sorted(declared - {"/office/probe/stream"}):
            by_method = {route.method: route for route in routes if route.path == path}
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                route = by_method.get("GET" if method == "HEAD" else method)
                allowed = expected(method, route, role) if route else {405}
                response = await browser.client.request(
                    method, path.replace("{id}", "12345"), allow_redirects=False
                )
                assert response.status in allowed, (method, path, role, response.status)
                if response.status == 303 and not role:
                    assert response.headers["Location"] == "/office/login"
    assert acts == []


async def test_an_app_with_an_undeclared_route_does_not_start(tmp_path: Path) -> None:
    async def naked(_request: web.Request) -> web.Response:
        return web.Response()

    service = Service(
        config=Config(), database=Database(f"sqlite+aiosqlite:///{tmp_path}/x.db"), clock=lambda: None
    )  # type: ignore[arg-type, return-value]
    for declare, starts in ((False, False), (True, True)):
        app = web.Application()
        app[SERVICE] = service
        guard.install(app, [probe])
        app.router.add_get("/elsewhere/{x}", naked)
        if declare:
            guard.declare_public(app, "/elsewhere")
        assert guard.undeclared(app) == ([] if declare else ["HEAD /elsewhere/{x}", "GET /elsewhere/{x}"])
        runner = web.AppRunner(app)
        if starts:
            await runner.setup()
        else:
            with pytest.raises(RuntimeError, match="without declared roles: HEAD /elsewhere"):
                await runner.setup()
        await runner.cleanup()
    await service.database.close()


def test_a_route_cannot_be_written_without_roles() -> None:
    for roles in ((), {"king"}, {"public", "editor"}):
        with pytest.raises(ValueError, match="roles must be"):
            Routes().get("/x", roles=roles)
    strange = Routes(rail="没有的栏目")
    strange.get("/x", roles=STAFF)(show_probe)
    with pytest.raises(ValueError, match="rail has no entry"):
        guard.install(web.Application(), [strange])


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1.evil.example:8080"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_form_of_another_site_does_nothing(office: Office, headers: dict[str, str]) -> None:
    browser = await office.signed_in("alice", "editor")
    await browser.opens("/office/probe")
    await browser.sends("/office/probe", {"word": "x"}, headers=headers)
    assert (browser.status, acts) == (403, [])


async def test_a_browser_that_keeps_nothing_is_told_so(office: Office) -> None:
    answer = await office.browser().client.post("/office/login", data={"form_token": "x", "name": "alice"})
    assert answer.status == 403
    assert "没有允许 Cookie" in await answer.text()


async def test_a_form_counts_with_its_own_token_only(office: Office) -> None:
    alice, bob = await office.signed_in("alice", "editor"), await office.signed_in("bob", "editor")
    await alice.opens("/office/probe")
    await bob.opens("/office/probe")
    stranger = await office.browser().opens("/office/login")
    for token in ("", "x", bob.form_token, stranger.form_token, alice.form_token[:-1], "é"):
        answer = await alice.client.post("/office/probe", data={"form_token": token, "word": "x"})
        assert (answer.status, acts) == (403, [])
    for method in ("GET", "PUT"):
        await alice.client.request(method, "/office/probe", data={"_method": "POST", "word": "x"})
    own = f"http://{office.server.host}:{office.server.port}"
    for headers in (
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": own},
        {"Origin": "http://127.0.0.1:8080"},
    ):
        await alice.sends("/office/probe", {"word": "好"}, headers=headers)
        assert alice.status == 200
        assert "好" in alice.text
    assert acts == ["好"] * 4
    assert (await stranger.sends("/q/probe")).text == "ok"
    assert (await office.browser().sends("/q/probe")).status == 403


async def test_a_person_may_not_act_without_end(office: Office) -> None:
    browser = await office.signed_in("alice", "editor")
    await browser.opens("/office/probe")
    statuses = []
    for _ in range(121):
        answer = await browser.client.post(
            "/office/probe", data={"form_token": browser.form_token, "word": "x"}, allow_redirects=False
        )
        statuses.append(answer.status)
    assert statuses == [303] * 120 + [429]


async def test_forms_of_any_kind_get_an_answer_in_words(office: Office) -> None:
    browser = await office.signed_in("alice", "editor")
    await browser.opens("/office/probe")
    token = browser.form_token
    kinds: list[tuple[dict[str, str], bytes, int]] = [
        ({"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}, b"a=1", 400),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"form_token=%ff%fe&word=\xff", 400),
        ({"Content-Type": "multipart/form-data"}, b"x", 400),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--b\r\nnonsense", 400),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"--c--", 400),
        ({"Content-Type": "application/json"}, b"{}", 403),
        ({"Content-Type": "text/plain"}, b"\0" * 100, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=" + b"x" * 300_000, 413),
        (
            {"Content-Type": "application/x-www-form-urlencoded"},
            f"form_token={token}&word={'x' * 200}".encode(),
            400,
        ),
    ]
    for headers, body, status in kinds:
        answer = await browser.client.post("/office/probe", data=body, headers=headers)
        assert (answer.status, answer.content_type) == (status, "text/html"), (headers, body[:40])
    assert acts == []


async def test_a_file_within_the_route_s_limit(office: Office) -> None:
    browser = await office.signed_in("alice", "editor")
    await browser.opens("/office/probe")
    for size, answer in ((600_000, "规范.docx 600000"), (1_100_000, None)):
        named = 'Content-Disposition: form-data; name="file"; filename="规范.docx"\r\n\r\n'
        token = f'Content-Disposition: form-data; name="form_token"\r\n\r\n{browser.form_token}'
        body = f"--b\r\n{token}\r\n--b\r\n{named}".encode() + b"x" * size + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        response = await browser.client.post("/office/probe/file", data=BytesIO(body), headers=headers)
        assert (await response.text() == answer) if answer else (response.status == 413)


async def test_every_page_carries_the_headers_and_no_inline_script(office: Office) -> None:
    browser = await office.signed_in("alice", "editor")
    admin = await office.signed_in("root", "admin")
    for who, path in (
        (browser, "/office"),
        (browser, "/office/probe/conflict"),
        (browser, "/office/probe/crash"),
        (browser, "/office/nowhere"),
        (office.browser(), "/office/login"),
        (admin, "/office/accounts"),
        (admin, "/office/accounts/1"),
        (admin, "/office/accounts/new"),
        (browser, "/office/code/new"),
    ):
        await who.opens(path)
        assert who.response is not None
        headers = who.response.headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert {"Referrer-Policy", "Permissions-Policy"} <= set(headers)
        assert "Strict-Transport-Security" not in headers, "no https, no promise"
        for inline in ("<style", " style=", " onclick=", "javascript:", "<script>"):
            assert inline not in who.text
    style = await browser.client.get("/office/static/office.css?v=1")
    assert style.headers["Cache-Control"].startswith("public")
    assert (await browser.client.get("/office/static/../guard.py")).status == 404


async def test_what_goes_wrong_is_a_page_in_words_and_a_log_line_without_content(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await office.signed_in("alice", "editor")
    await browser.opens("/office/probe/conflict")
    assert (browser.status, "别人刚刚改过" in browser.text, "回到今天" in browser.text) == (409, True, True)
    with caplog.at_level(logging.ERROR):
        await browser.opens("/office/probe/crash")
    assert (browser.status, "请把编号" in browser.text) == (500, True)
    number = browser.text.split("请把编号 ")[1].split(" ")[0]
    written = "\n".join(JsonLines(Redaction()).format(record) for record in caplog.records)
    assert number in written
    assert "RuntimeError" in written
    assert "do_crash" in written
    assert "oABC" not in written + browser.text
    assert (await office.browser().opens("/office/nowhere")).status == 404
    plain = await browser.client.get("/nowhere", headers={"Accept": "*/*"})
    assert (plain.status, plain.content_type) == (404, "text/plain")


async def test_a_stream_that_breaks_is_cut_not_patched(office: Office) -> None:
    browser = await office.signed_in("alice", "editor")
    response = await browser.client.get("/office/probe/stream")
    assert await response.content.readany() == b"row 1\n"
    with pytest.raises(ClientPayloadError):
        await response.content.read()
    response.close()


XSS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<img src=x onerror=alert`1`>",
    "<iframe src=javascript:alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "<form action=//evil.example><button>x</button></form>",
    "<object data=data:text/html,<script>alert(1)</script>>",
    "<embed src=//evil.example>",
    "<video><source onerror=alert(1)>",
    "<style>@import'//evil.example/x.css';</style>",
    "<div style=background:url(javascript:alert(1))>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><script>alert(1)</script>",
    "<xmp><script>alert(1)</script></xmp>",
    "＜script＞alert(1)＜/script＞<b>",
    "&lt;script&gt;<i>",
    "&#60;script&#62;<u>",
    "\\u003cscript\\u003e<s>",
    "{{ 7*7 }}<p>",
    "{% for x in ().__class__.__base__.__subclasses__() %}<p>",
    "${alert(1)}<p>",
    "<!--#exec cmd=ls-->",
    "<?php echo 1 ?>",
    "<%= 7*7 %>",
    "%3Cscript%3E<q>",
    "\x00<script>alert(1)</script>",
    "\u2028<script>alert(1)</script>",
    "\u202e<script>alert(1)</script>",
    "' autofocus onfocus='alert(1)' x='<",
    '" data-confirm="x" <',
]


async def test_no_stored_or_sent_text_becomes_markup(office: Office) -> None:
    """A payload's "<" never reaches a page as itself; the pages' own markup is the same for every payload."""
    admin = await office.signed_in("root", "admin")
    editor = await office.signed_in("alice", "editor")
    shapes = set()
    for number, payload in enumerate(XSS):
        office.clock.passes(seconds=20)
        await admin.opens("/office/accounts/new")
        fields = {"name": f"n{number}", "display": payload[:32], "role": "editor"}
        await admin.sends("/office/accounts/new", fields)
        pages = [admin.text]
        await admin.sends("/office/accounts/new", {"name": payload[:32], "display": payload[:32]})
        pages.append(admin.text)
        await editor.opens("/office/probe")
        await editor.sends("/office/probe", {"word": payload})
        pages.append(editor.text)
        await editor.client.get("/office/probe", params={"words": payload})
        for page in pages:
            assert payload not in page
            assert page.count("<script") == 1, "our own"
            for word in ("<iframe", "<img", "<base", "<object", "<meta http-equiv", "javascript:alert(1)>"):
                assert word not in page
        shapes.add(tuple(page.count("<") - page.count("<option") for page in pages[2:]))
    assert len(shapes) == 1, "no payload added a tag"
    await admin.opens("/office/accounts")
    assert admin.text.count("<tr>") == len(XSS) + 3
    assert admin.text.count("<script") == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "found"),
    [
        ("203.0.113.9", [], (), "203.0.113.9"),
        ("203.0.113.9", ["1.1.1.1"], (), "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], ("10.0.0.1",), "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9, 10.0.0.2"], ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", [], ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], ("10.0.0.0/8",), "10.0.0.3"),
        ("10.0.0.1", ["1.1.1.1, rubbish"], ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", ["<script>"], ("10.0.0.0/8",), "10.0.0.1"),
        ("::1", ["2001:db8::7"], ("::1", "127.0.0.1"), "2001:db8::7"),
        ("", ["1.1.1.1"], ("10.0.0.0/8",), "unknown"),
    ],
)
def test_only_our_own_proxies_are_believed(
    peer: str, forwarded: list[str], trusted: tuple[str, ...], found: str
) -> None:
    assert client_address(peer, forwarded, trusted) == found


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters()))
def test_clean_text_is_what_every_database_stores(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    assert not {character for character in cleaned if character < " "} - {"\n", "\t"}


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "office", ""])
async def test_the_next_page_is_always_ours(office: Office, path: str) -> None:
    visit = Visit(make_mocked_request("GET", "/"), service=office.service, now=office.clock())
    with pytest.raises(ValueError, match="not a path"):
        visit.see_other(path)


async def test_cookies_are_told_apart(office: Office) -> None:
    sent = {
        "Cookie": " civility-answer=a ;civility-state=x=y;bare; civility-answer=last;=; \xa0civility-door=b"
    }
    visit = Visit(make_mocked_request("GET", "/", sent), service=office.service, now=office.clock())
    assert [visit.cookie(kind) for kind in ("answer", "state", "session", "door")] == ["last", "x=y", "", ""]


def test_the_rail_leads_to_the_first_page_of_each_desk() -> None:
    every = [route for desk in desks.DESKS for route in desk.declared]
    admin = dict(shell.entries(every, frozenset({"admin"})))
    editor = dict(shell.entries(every, frozenset({"editor"})))
    assert (admin["账号"], editor["活动"], editor["问卷"]) == (
        "/office/accounts",
        "/office/campaigns",
        "/office/surveys",
    )


def test_a_link_with_a_name_in_it_ends_at_the_page_for_that_name() -> None:
    every = [route for desk in desks.DESKS for route in desk.declared]
    for address, role, opens in (
        ("/office/results/%E6%98%A5/public", "approver", True),
        ("/office/results/7?by=town", "analyst", True),
        ("/office/results/7/public", "interviewer", False),
        ("/office/results/a/b/public", "approver", False),
        ("/office/campaigns/x", "editor", False),
    ):
        assert shell.may_open(every, address, frozenset({role})) is opens, address


def test_an_address_of_its_own_goes_before_one_with_a_name_in_it() -> None:
    every = [
        replace(route, path="/office/rules/{id}" if route.path == rules_desk.TEXT else route.path)
        for desk in desks.DESKS
        for route in desk.declared
    ]
    for role, opens in (("admin", False), ("editor", True)):
        assert shell.may_open(every, "/office/rules/new", frozenset({role})) is opens, "as the router has it"
    assert shell.may_open(every, "/office/rules/7", frozenset({"admin"}))
