"""The phone in the browser: it shows what WeChat shows, sends what WeChat sends, and trusts no text."""

from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from aiohttp import ClientResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.simulator.chat import Segment, numeric_id, segments
from bot.simulator.screen import moment
from tests.simulated import OPTIONS, START, World, simulated
from tests.test_simulator_mass import draft, sendall

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">点</a>',
    '<a href=" javascript:alert(1)">点</a>',
    '<a href="data:text/html,x">点</a>',
    '<a href="http://x" onclick="alert(1)">点</a>',
    '<a href="http://127.0.0.1/&quot;onmouseover=&quot;x">点</a>',
    '<a href="weixin://bizmsgmenu?msgmenucontent=%22%3E%3Cscript%3E&msgmenuid=1">点</a>',
    '<a href="weixin://dl/business">点</a>',
    "{{7*7}}",
    "</div></body>",
]


class Reader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.targets += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def read(html: str) -> Reader:
    """The page as a browser would take it."""
    reader = Reader()
    reader.feed(html)
    return reader


async def page(world: World, path: str) -> str:
    """A page of the simulator."""
    async with world.session.get(f"{world.base}{path}") as response:
        assert response.status == 200
        return await response.text()


async def act(world: World, openid: str, **fields: str) -> ClientResponse:
    """Send a form of the phone."""
    return await world.session.post(f"{world.base}/phone/{openid}/act", data=fields, allow_redirects=False)


async def test_follow_ask_tap_and_leave_in_the_browser_without_a_script() -> None:
    async with simulated() as world:
        openid = world.simulator.resident("王阿姨").openid
        assert "关注公众号" in await page(world, "")
        world.server.words = lambda _message: (
            '选一个：<a href="weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=5">1 满意</a>'
        )
        response = await act(world, openid, do="follow")
        assert response.status == 303
        assert "选一个" in await page(world, f"/phone/{openid}")
        await act(world, openid, do="say", text="  在吗 ")
        assert world.server.received[-1]["Content"] == "在吗"
        await act(world, openid, do="say", text="   ")
        assert len(world.server.received) == 2
        await act(world, openid, do="send-link", text="满意", menu_id="5")
        assert world.server.received[-1]["bizmsgmenuid"] == "5"
        await act(world, openid, do="voice", text="广场舞", recognised="1")
        assert world.server.received[-1]["Recognition"] == "广场舞"
        await act(world, openid, do="voice", text="听不清")
        assert "Recognition" not in world.server.received[-1]
        await act(world, openid, do="image")
        async with world.session.get(world.server.received[-1]["PicUrl"]) as picture:
            assert picture.content_type == "image/png"
        await act(world, openid, do="unfollow")
        assert world.server.received[-1]["Event"] == "unsubscribe"
        assert "重新关注" in await page(world, f"/phone/{openid}")


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_no_text_of_a_reply_a_name_or_a_message_becomes_markup(payload: str) -> None:
    async with simulated() as world:
        person = world.simulator.people.add(payload[:12])
        world.server.words = lambda _message: payload
        await world.simulator.resident_of(person).follow()
        await world.simulator.resident_of(person).say(payload)
        seen = read(await page(world, f"/phone/{person.openid}"))
        assert seen.tags.count("script") == 1
        assert not seen.handlers
        assert not [one for one in seen.targets if not one.startswith(("/simulator", "http", "?", "data:,"))]


async def test_every_page_has_the_strict_policy_and_no_inline_code() -> None:
    async with simulated() as world:
        openid = world.simulator.resident("王阿姨").openid
        for path in (
            "",
            "/people",
            f"/phone/{openid}",
            "/static/phone.css",
            "/oauth/connect/oauth2/authorize",
        ):
            async with world.session.get(f"{world.base}{path}") as response:
                policy = response.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'")
                assert "unsafe" not in policy
        async with world.session.get(f"{world.base}/static/other.css") as response:
            assert response.status == 404


async def test_the_menu_clicks_and_opens() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        await aunt.follow()
        buttons: list[Mapping[str, object]] = [
            {"type": "click", "name": "问一问", "key": "ASK"},
            {
                "name": "更多",
                "sub_button": [{"type": "view", "name": "官网", "url": "http://127.0.0.1/site"}],
            },
        ]
        world.simulator.account.menu = buttons
        shown = await page(world, f"/phone/{aunt.openid}")
        assert "问一问" in shown
        assert "官网" in shown
        assert "发送" in await page(world, f"/phone/{aunt.openid}?bar=text")
        await act(world, aunt.openid, do="click", key="ASK")
        assert world.server.received[-1]["EventKey"] == "ASK"
        url = f"{world.base}/phone/{aunt.openid}/menu/1"
        async with world.session.get(url, allow_redirects=False) as response:
            assert response.headers["Location"] == "http://127.0.0.1/site"
        assert world.server.received[-1]["Event"] == "VIEW"
        for number in (0, 9):
            url = f"{world.base}/phone/{aunt.openid}/menu/{number}"
            async with world.session.get(url, allow_redirects=False) as response:
                assert response.status == 404


async def test_the_administrator_confirms_and_the_article_can_be_read() -> None:
    async with simulated(replace(OPTIONS, confirmation=True)) as world:
        aunt = world.simulator.resident("王阿姨")
        await aunt.follow()
        accepted = await sendall(world, (await draft(world))["media_id"])
        path = f"/phone/{aunt.openid}"
        assert "管理员确认群发" in await page(world, f"{path}/console")
        assert "元宵节安全提醒" not in await page(world, f"{path}/lines")
        url = f"{world.base}/mass/{accepted['msg_id']}"
        async with world.session.post(url, data={"decision": "confirm"}) as response:
            assert "已发送" in await response.text()
        assert "元宵节安全提醒" in await page(world, f"{path}/lines")
        article = next(iter(world.simulator.drafts.pages))
        assert "祝您节日快乐" in await page(world, f"/articles/{article}")


async def test_forms_of_other_sites_do_nothing() -> None:
    async with simulated() as world:
        openid = world.simulator.resident("王阿姨").openid
        url = f"{world.base}/phone/{openid}/act"
        headers: Mapping[str, Any]
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://elsewhere"}, {"Origin": "null"}):
            async with world.session.post(url, data={"do": "follow"}, headers=headers) as response:
                assert response.status == 403
        async with world.session.post(f"{world.base}/deliver/{openid}", data={"fields": "x"}) as response:
            assert response.status == 415
        assert not world.server.received


async def test_one_more_resident_gets_a_name_of_their_own() -> None:
    async with simulated() as world:
        for name in ("赵大爷", "", ""):
            async with world.session.post(f"{world.base}/people", data={"name": name}) as response:
                assert response.status == 200
        names = [one.name for one in world.simulator.people]
        assert len(names) == len(set(names)) == 6
        async with world.session.get(f"{world.base}/phone/o-nobody") as response:
            assert response.status == 404


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<a href=\"'>/:htpweixn&?=点\n"))
def test_cutting_a_text_never_fails_and_links_stay_on_the_list(text: str) -> None:
    for one in segments(text):
        assert one.kind in ("text", "say") or one.target.startswith(("http://", "https://", "tel:"))


def test_links_in_a_text() -> None:
    text = "见<a href=\"https://a.cn/x?b=1&c=2\">全文</a>或 http://b.cn/y，拨<a href='tel:12345'>12345</a>"
    assert segments(text) == [
        Segment("text", "见"),
        Segment("open", "全文", "https://a.cn/x?b=1&c=2"),
        Segment("text", "或 "),
        Segment("open", "http://b.cn/y", "http://b.cn/y"),
        Segment("text", "，拨"),
        Segment("open", "12345", "tel:12345"),
    ]
    assert numeric_id("q1a") == "0"
    assert numeric_id("17") == "17"


def test_times_over_messages() -> None:
    now = int(START.timestamp())
    words = [moment(now - hours * 3600, now) for hours in (1, 20, 60, 24 * 30)]
    assert words == ["08:00", "昨天 13:00", "星期二 21:00", "2027年1月6日 09:00"]
