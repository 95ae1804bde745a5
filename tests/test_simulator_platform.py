"""The stand-in for api.weixin.qq.com enforces what the real one does."""

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.simulator.articles import clean
from bot.simulator.samples import photograph
from tests.simulated import OPTIONS, World, simulated

STABLE = {"grant_type": "client_credential", "appid": OPTIONS.app_id, "secret": OPTIONS.secret}
SEND = "/cgi-bin/message/custom/send"


def text_to(openid: str, text: str = "您好") -> dict[str, Any]:
    """A customer-service text."""
    return {"touser": openid, "msgtype": "text", "text": {"content": text}}


async def classic(world: World, **changed: str) -> dict[str, Any]:
    """A call of cgi-bin/token."""
    query = {"grant_type": "client_credential", "appid": OPTIONS.app_id, "secret": OPTIONS.secret}
    return await world.get("/cgi-bin/token", token=None, **(query | changed))


async def test_token_kills_its_predecessor_but_not_the_stable_one() -> None:
    async with simulated() as world:
        stable = await world.token()
        first = (await classic(world))["access_token"]
        second = (await classic(world))["access_token"]
        assert (await world.get("/cgi-bin/getcallbackip", first))["errcode"] == 40001
        assert "ip_list" in await world.get("/cgi-bin/getcallbackip", second)
        assert "ip_list" in await world.get("/cgi-bin/getcallbackip", stable)


async def test_stable_token_is_the_same_until_its_last_five_minutes() -> None:
    async with simulated() as world:
        first = await world.token()
        assert await world.token() == first
        world.clock.forward(seconds=7200 - 299)
        second = await world.token()
        assert second != first
        assert "ip_list" in await world.get("/cgi-bin/getcallbackip", first)
        world.clock.forward(seconds=300)
        assert (await world.get("/cgi-bin/getcallbackip", first))["errcode"] in (40001, 42001)
        assert "ip_list" in await world.get("/cgi-bin/getcallbackip", second)


async def test_an_aged_token_is_42001() -> None:
    async with simulated() as world:
        token = await world.token()
        world.clock.forward(hours=2)
        assert (await world.get("/cgi-bin/getcallbackip", token))["errcode"] == 42001


async def test_forced_refreshes_are_thirty_seconds_apart_and_twenty_a_day() -> None:
    async with simulated() as world:
        old = await world.token()
        forced = {**STABLE, "force_refresh": True}
        new = (await world.post("/cgi-bin/stable_token", forced, token=None))["access_token"]
        assert new != old
        assert (await world.get("/cgi-bin/getcallbackip", old))["errcode"] == 40001
        assert (await world.post("/cgi-bin/stable_token", forced, token=None))["access_token"] == new
        for _ in range(19):
            world.clock.forward(seconds=30)
            assert "access_token" in await world.post("/cgi-bin/stable_token", forced, token=None)
        world.clock.forward(seconds=30)
        assert (await world.post("/cgi-bin/stable_token", forced, token=None))["errcode"] == 45009


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": "x"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "x"}, 40125),
        ({"secret": ""}, 41004),
    ],
)
async def test_wrong_credentials(changed: dict[str, str], errcode: int) -> None:
    async with simulated() as world:
        assert (await classic(world, **changed))["errcode"] == errcode


async def test_calls_without_a_valid_token_method_path_or_address() -> None:
    async with simulated() as world:
        assert (await world.get("/cgi-bin/getcallbackip", token=None))["errcode"] == 41001
        assert (await world.get("/cgi-bin/getcallbackip", "nonsense"))["errcode"] == 40014
        assert (await world.get("/cgi-bin/draft/add"))["errcode"] == 43002
        assert (await world.post("/cgi-bin/menu/get", {}))["errcode"] == 43001
        assert (await world.get("/cgi-bin/nothing"))["errcode"] == 40066
        assert world.simulator.calls[-1].path == "/cgi-bin/nothing"
        assert world.simulator.calls[-1].errcode == 40066
        url = f"{world.api}{SEND}?access_token={await world.token()}"
        async with world.session.post(url, data=b"{broken") as response:
            assert (await response.json())["errcode"] == 47001
    async with simulated(replace(OPTIONS, ip_whitelist=frozenset({"203.0.113.9"}))) as world:
        assert (await classic(world))["errcode"] == 40164


async def test_what_an_unverified_or_subscription_account_may_not_do() -> None:
    async with simulated(replace(OPTIONS, verified=False)) as world:
        openid = world.simulator.resident("王阿姨").openid
        assert (await world.post(SEND, text_to(openid)))["errcode"] == 48001
        assert (await world.post("/cgi-bin/message/mass/sendall", {}))["errcode"] == 48001
    async with simulated(replace(OPTIONS, kind="subscription")) as world:
        assert (await world.post("/cgi-bin/qrcode/create", {}))["errcode"] == 48001


async def test_quotas_of_the_day_and_the_minute_and_their_clearing() -> None:
    async with simulated() as world:
        token = await world.token()
        world.simulator.quotas.limit("/cgi-bin/getcallbackip", daily=2, minute=1)
        assert "ip_list" in await world.get("/cgi-bin/getcallbackip", token)
        assert (await world.get("/cgi-bin/getcallbackip", token))["errcode"] == 45011
        world.clock.forward(seconds=60)
        assert "ip_list" in await world.get("/cgi-bin/getcallbackip", token)
        world.clock.forward(seconds=60)
        assert (await world.get("/cgi-bin/getcallbackip", token))["errcode"] == 45009
        for _ in range(10):
            assert (await world.post("/cgi-bin/clear_quota", {"appid": OPTIONS.app_id}))["errcode"] == 0
        assert "ip_list" in await world.get("/cgi-bin/getcallbackip", token)
        assert (await world.post("/cgi-bin/clear_quota", {"appid": OPTIONS.app_id}))["errcode"] == 48006


async def test_five_messages_in_48_hours_after_a_message() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 45015
        await aunt.follow()
        world.clock.forward(minutes=2)
        await aunt.say("在吗")
        for _ in range(5):
            assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 0
        assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 45047
        await aunt.say("还在吗")
        assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 0
        world.clock.forward(hours=48)
        assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 45015
        assert len(world.simulator.customer_messages) == 6
        await aunt.say("再见")
        await aunt.unfollow()
        assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 45015


async def test_three_messages_in_one_minute_after_a_tap() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        world.server.words = lambda _message: '<a href="weixin://bizmsgmenu?msgmenuid=1">甲</a>'
        await aunt.follow()
        world.clock.forward(hours=49)
        await aunt.click("X")
        await aunt.tap("甲")
        for _ in range(3):
            assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 0
        assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 45047
        world.clock.forward(seconds=61)
        assert (await world.post(SEND, text_to(aunt.openid)))["errcode"] == 45015


async def test_what_a_customer_message_may_hold() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        await aunt.follow()
        await aunt.say("在吗")
        assert (await world.post(SEND, text_to("o-nobody")))["errcode"] == 40003
        assert (await world.post(SEND, text_to(aunt.openid, "字" * 683)))["errcode"] == 45002
        assert (await world.post(SEND, text_to(aunt.openid, "")))["errcode"] == 44004
        image = {"touser": aunt.openid, "msgtype": "image", "image": {"media_id": "no"}}
        assert (await world.post(SEND, image))["errcode"] == 40007
        items = [{"id": "7", "content": "满意"}]
        menu = {"head_content": "请选", "list": items, "tail_content": "谢谢"}
        sent = {"touser": aunt.openid, "msgtype": "msgmenu", "msgmenu": menu}
        assert (await world.post(SEND, sent))["errcode"] == 0
        await aunt.tap("满意")
        assert world.server.received[-1]["bizmsgmenuid"] == "7"
        typing = {"touser": aunt.openid, "command": "Typing"}
        assert (await world.post("/cgi-bin/message/custom/typing", typing))["errcode"] == 0


async def test_chinese_sent_as_escapes_is_shown_as_escapes() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        await aunt.say("在吗")
        world.simulator.people.known(aunt.openid).following = True
        url = f"{world.api}{SEND}?access_token={await world.token()}"
        body = json.dumps(text_to(aunt.openid, "CONTENT")).replace("CONTENT", "\\u4f60\\n好")
        async with world.session.post(url, data=body.encode()) as response:
            assert (await response.json())["errcode"] == 0
        assert world.simulator.customer_messages[-1].content["text"] == "\\u4f60\n好"


async def test_faults_are_used_once_each_and_some_leave_their_effect() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        await aunt.follow()
        await aunt.say("在吗")
        faults, token, path = world.simulator.faults, await world.token(), "/cgi-bin/getcallbackip"
        faults.add(path, "errcode:-1", skip=1)
        assert "ip_list" in await world.get(path, token)
        assert (await world.get(path, token))["errcode"] == -1
        faults.add(path, "token_refused_forever")
        assert [(await world.get(path, token))["errcode"] for _ in range(3)] == [40001] * 3
        faults.clear()
        assert "ip_list" in await world.get(path, token)
        url = f"{world.api}{SEND}?access_token={token}"
        for kind, status in (("http500", 500), ("html502", 502)):
            faults.add(SEND, kind)
            async with world.session.post(url, json=text_to(aunt.openid)) as response:
                assert response.status == status
        assert not world.simulator.customer_messages
        for kind, effects in (("reset", 0), ("reset_after", 1)):
            faults.add(SEND, kind)
            with pytest.raises(aiohttp.ClientError):
                await world.session.post(url, json=text_to(aunt.openid))
            assert len(world.simulator.customer_messages) == effects
        faults.add(SEND, "truncated")
        async with world.session.post(url, json=text_to(aunt.openid)) as response:
            assert await response.text() == '{"errcode": 0, '
        assert len(world.simulator.customer_messages) == 2
        faults.add(SEND, "hang")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await world.session.post(url, json=text_to(aunt.openid))
        faults.add(path, "token_revoked")
        assert (await world.get(path, token))["errcode"] == 40001
        assert await world.token() != token
        faults.add("/cgi-bin/stable_token", "stale_token")
        assert (await world.get(path, await world.token()))["errcode"] == 40001
        with pytest.raises(ValueError, match="unknown fault"):
            faults.add("*", "thunder")


async def test_media_and_material() -> None:
    async with simulated() as world:
        picture = photograph()
        kept = await world.upload("/cgi-bin/material/add_material", picture, type="image")
        async with world.session.get(kept["url"]) as response:
            assert await response.read() == picture
            assert response.headers["X-Content-Type-Options"] == "nosniff"
        uploaded = await world.upload("/cgi-bin/media/upload", picture, type="image")
        query = {"access_token": await world.token(), "media_id": uploaded["media_id"]}
        async with world.session.get(f"{world.api}/cgi-bin/media/get", params=query) as response:
            assert await response.read() == picture
        world.clock.forward(days=3)
        assert (await world.get("/cgi-bin/media/get", media_id=uploaded["media_id"]))["errcode"] == 40007
        assert (await world.upload("/cgi-bin/media/upload", b"<svg/>", type="image"))["errcode"] == 40005
        assert (await world.upload("/cgi-bin/media/upload", picture, type="x"))["errcode"] == 40004
        assert (await world.upload("/cgi-bin/media/upload", b"", type="image"))["errcode"] == 41005
        assert "url" in await world.upload("/cgi-bin/media/uploadimg", picture)
        large = b"\xff\xd8\xff" + b"0" * 1024 * 1024
        assert (await world.upload("/cgi-bin/media/uploadimg", large))["errcode"] == 40009


async def test_menus_are_checked_and_the_earlier_one_can_be_read() -> None:
    async with simulated() as world:
        earlier = await world.get("/cgi-bin/get_current_selfmenu_info")
        assert earlier["selfmenu_info"]["button"][0]["name"] == "文明资讯"
        replies = await world.get("/cgi-bin/get_current_autoreply_info")
        assert len(replies["keyword_autoreply_info"]["list"]) == 2
        assert (await world.get("/cgi-bin/menu/get"))["errcode"] == 46003
        ask = {"type": "click", "name": "问答", "key": "ASK"}
        for buttons, errcode in (
            ([ask] * 4, 40016),
            ([ask | {"name": "超过十六个字节的名字"}], 40018),
            ([ask | {"key": ""}], 40019),
            ([ask | {"type": "tap"}], 40017),
            ([{"type": "view", "name": "看", "url": "ftp://x"}], 40055),
            ([{"name": "更多", "sub_button": [ask] * 6}], 40023),
            ([ask, {"name": "更多", "sub_button": [ask] * 5}], 0),
        ):
            assert (await world.post("/cgi-bin/menu/create", {"button": buttons}))["errcode"] == errcode
        current = await world.get("/cgi-bin/get_current_selfmenu_info")
        assert len(current["selfmenu_info"]["button"][1]["sub_button"]["list"]) == 5
        assert (await world.get("/cgi-bin/menu/delete"))["errcode"] == 0


async def test_tags_and_followers() -> None:
    async with simulated() as world:
        people = [world.simulator.resident(name) for name in ("王阿姨", "李师傅", "小陈")]
        for one in people[:2]:
            await one.follow()
        listed = await world.get("/cgi-bin/user/get")
        assert listed["data"]["openid"] == [one.openid for one in people[:2]]
        tag = (await world.post("/cgi-bin/tags/create", {"tag": {"name": "城关镇"}}))["tag"]["id"]
        assert (await world.post("/cgi-bin/tags/create", {"tag": {"name": "城关镇"}}))["errcode"] == 45157
        members = {"openid_list": [people[0].openid], "tagid": tag}
        assert (await world.post("/cgi-bin/tags/members/batchtagging", members))["errcode"] == 0
        stranger = {"openid_list": [people[2].openid], "tagid": tag}
        assert (await world.post("/cgi-bin/tags/members/batchtagging", stranger))["errcode"] == 49003
        assert (await world.post("/cgi-bin/tags/members/batchtagging", members | {"tagid": 9}))[
            "errcode"
        ] == 45159
        info = await world.get("/cgi-bin/user/info", openid=people[0].openid)
        assert info["subscribe"] == 1
        assert info["tagid_list"] == [tag]
        assert (await world.get("/cgi-bin/user/info", openid=people[2].openid))["subscribe"] == 0
        assert (await world.get("/cgi-bin/user/info", openid="o-nobody"))["errcode"] == 40003
        tagged = await world.post("/cgi-bin/user/tag/get", {"tagid": tag})
        assert tagged["data"]["openid"] == [people[0].openid]
        assert (await world.post("/cgi-bin/tags/members/batchuntagging", members))["errcode"] == 0
        assert await world.post("/cgi-bin/tags/getidlist", {"openid": people[0].openid}) == {"tagid_list": []}
        renamed = {"tag": {"id": tag, "name": "城关街道"}}
        assert (await world.post("/cgi-bin/tags/update", renamed))["errcode"] == 0
        assert (await world.get("/cgi-bin/tags/get"))["tags"][1] == {
            "id": tag,
            "name": "城关街道",
            "count": 0,
        }
        remark = {"openid": people[0].openid, "remark": "网格员"}
        assert (await world.post("/cgi-bin/user/info/updateremark", remark))["errcode"] == 0
        wanted = {"user_list": [{"openid": people[0].openid}]}
        batch = await world.post("/cgi-bin/user/info/batchget", wanted)
        assert batch["user_info_list"][0]["remark"] == "网格员"
        assert (await world.post("/cgi-bin/user/info/batchget", {"user_list": []}))["errcode"] == 40032
        assert (await world.get("/cgi-bin/user/get", next_openid="o-nobody"))["errcode"] == 40003
        after = await world.get("/cgi-bin/user/get", next_openid=people[0].openid)
        assert after["data"]["openid"] == [people[1].openid]
        long = {"tag": {"name": "标" * 11}}
        assert (await world.post("/cgi-bin/tags/create", long))["errcode"] == 45158
        assert (await world.post("/cgi-bin/user/tag/get", {"tagid": 55}))["errcode"] == 45159
        assert (await world.post("/cgi-bin/tags/delete", {"tag": {"id": 55555}}))["errcode"] == 45159
        assert (await world.post("/cgi-bin/tags/delete", {"tag": {"id": "x"}}))["errcode"] == 45159
        none = members | {"openid_list": []}
        assert (await world.post("/cgi-bin/tags/members/batchtagging", none))["errcode"] == 40032
        wrong = members | {"openid_list": "x"}
        assert (await world.post("/cgi-bin/tags/members/batchtagging", wrong))["errcode"] == 47001
        assert (await world.post("/cgi-bin/tags/delete", {"tag": {"id": 2}}))["errcode"] == 45058
        assert (await world.post("/cgi-bin/tags/delete", {"tag": {"id": tag}}))["errcode"] == 0


async def test_qr_codes_and_tickets() -> None:
    async with simulated() as world:
        order = {
            "expire_seconds": 604800,
            "action_name": "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": "社区"}},
        }
        made = await world.post("/cgi-bin/qrcode/create", order)
        assert world.simulator.account.scenes[made["ticket"]] == "社区"
        assert made["expire_seconds"] == 604800
        bad = order | {"action_info": {"scene": {"scene_str": ""}}}
        assert (await world.post("/cgi-bin/qrcode/create", bad))["errcode"] == 40053
        first = await world.get("/cgi-bin/ticket/getticket", type="jsapi")
        assert (await world.get("/cgi-bin/ticket/getticket", type="jsapi"))["ticket"] == first["ticket"]


async def test_an_oauth_code_works_once_for_five_minutes() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        page = f"{world.base}/oauth/connect/oauth2/authorize"
        query = {
            "appid": OPTIONS.app_id,
            "redirect_uri": "http://127.0.0.1/back?a=1",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": "s1",
        }
        async with world.session.get(page, params=query) as response:
            assert "谁在打开这个页面" in await response.text()
        known = query | {"as": aunt.openid}
        codes = []
        for _ in range(2):
            async with world.session.get(page, params=known, allow_redirects=False) as response:
                assert response.headers["Location"].startswith("http://127.0.0.1/back?a=1&code=")
                assert response.headers["Location"].endswith("&state=s1")
                codes.append(response.headers["Location"].split("code=")[1].split("&")[0])
        exchange = {"appid": OPTIONS.app_id, "secret": OPTIONS.secret, "grant_type": "authorization_code"}
        path = "/sns/oauth2/access_token"
        got = await world.get(path, token=None, code=codes[0], **exchange)
        assert got["openid"] == aunt.openid
        assert (await world.get(path, token=None, code=codes[0], **exchange))["errcode"] == 40163
        assert (await world.get(path, token=None, code="x", **exchange))["errcode"] == 40029
        world.clock.forward(minutes=5)
        assert (await world.get(path, token=None, code=codes[1], **exchange))["errcode"] == 42003
        for wrong, errcode in (
            ({"appid": "x"}, 40013),
            ({"secret": "x"}, 40125),
            ({"grant_type": "x"}, 40002),
        ):
            assert (await world.get(path, token=None, code="x", **(exchange | wrong)))["errcode"] == errcode
        info = {"access_token": got["access_token"], "openid": aunt.openid}
        assert (await world.get("/sns/userinfo", token=None, **info))["nickname"] == "王阿姨"
        assert (await world.get("/sns/userinfo", token=None, **(info | {"openid": "o"})))["errcode"] == 40003
        stolen = info | {"access_token": "x"}
        assert (await world.get("/sns/userinfo", token=None, **stolen))["errcode"] == 40001
        asking = known | {"scope": "snsapi_userinfo"}
        async with world.session.get(page, params=asking, allow_redirects=False) as response:
            assert "允许" in await response.text()
        allowed = asking | {"allow": "1"}
        async with world.session.get(page, params=allowed, allow_redirects=False) as response:
            assert response.status == 302
        for changed in ({"appid": "x"}, {"scope": "all"}, {"redirect_uri": "javascript:alert(1)"}):
            async with world.session.get(page, params=known | changed) as response:
                assert response.status == 400


async def test_who_may_authorise_where_and_what_a_snapshot_says() -> None:
    query = {
        "appid": OPTIONS.app_id,
        "redirect_uri": "http://127.0.0.1/back",
        "response_type": "code",
        "scope": "snsapi_base",
    }
    for options in (replace(OPTIONS, kind="subscription"), replace(OPTIONS, oauth_domain="example.gov.cn")):
        async with simulated(options) as world:
            page = f"{world.base}/oauth/connect/oauth2/authorize"
            response = await world.session.get(page, params=query)
            assert response.status == 400
    async with simulated(replace(OPTIONS, snapshot_oauth=True)) as world:
        aunt = world.simulator.resident("王阿姨")
        target = world.simulator.oauth.grant(query, aunt.openid, world.simulator.now())
        exchange = {"appid": OPTIONS.app_id, "secret": OPTIONS.secret, "grant_type": "authorization_code"}
        code = target.split("code=")[1].split("&")[0]
        got = await world.get("/sns/oauth2/access_token", token=None, code=code, **exchange)
        assert got["is_snapshotuser"] == 1


def test_articles_keep_only_what_the_allow_list_names() -> None:
    own = "http://127.0.0.1/simulator/media/"
    dirty = (
        f'<p onclick="x" style="y">一<script>alert(1)</script><b>二</p><img src="{own}a" onerror="x">'
        '<img src="http://elsewhere/b"><a href="javascript:x">三</a><svg/onload=x>&lt;i&gt;<style>x</style>'
    )
    assert clean(dirty, own) == f'<p>一<b>二</b></p><img src="{own}a" alt="">三&lt;i&gt;'


def test_the_sample_photograph_is_a_png() -> None:
    assert base64.b64encode(photograph()).startswith(b"iVBORw0KGgo")
