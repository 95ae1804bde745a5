"""Every kind of reply and customer-service message: what the platform checks, what the phone shows."""

from random import Random
from typing import Any

import pytest
from aiohttp import web
from wechatpy.replies import (
    ArticlesReply,
    ImageReply,
    MusicReply,
    TransferCustomerServiceReply,
    VideoReply,
    VoiceReply,
)

from bot.simulator.wire import Envelopes, sign, to_xml
from tests.simulated import AES_KEY, OPTIONS, World, simulated

ARTICLE = {
    "title": "灯会",
    "description": "今晚",
    "image": "http://127.0.0.1/a.png",
    "url": "http://127.0.0.1/a",
}


async def shown(world: World, reply: Any) -> str:
    """The kind of line a reply becomes, or what is wrong with it."""
    aunt = world.simulator.resident("王阿姨")
    world.server.words = lambda message: reply(message)
    await aunt.say("在吗")
    line = (await world.simulator.lines(aunt.openid))[-1]
    return aunt.last.problem or ("nothing" if line.side == "resident" else line.kind)


def articles(count: int, message: Any) -> ArticlesReply:
    """A news reply."""
    reply = ArticlesReply(message=message)
    for _ in range(count):
        reply.add_article(ARTICLE)
    return reply


async def test_each_kind_of_reply() -> None:
    async with simulated() as world:
        assert await shown(world, lambda m: articles(1, m)) == "news"
        assert "2 articles" in await shown(world, lambda m: articles(2, m))
        assert await shown(world, lambda m: ImageReply(media_id="x", message=m)) == "image"
        assert await shown(world, lambda m: VoiceReply(media_id="x", message=m)) == "notice"
        assert await shown(world, lambda m: VideoReply(media_id="x", message=m)) == "notice"
        music = {"title": "歌", "music_url": "http://127.0.0.1/m", "thumb_media_id": "x"}
        assert await shown(world, lambda m: MusicReply(message=m, **music)) == "notice"
        assert await shown(world, lambda m: TransferCustomerServiceReply(message=m)) == "nothing"
        aunt = world.simulator.resident("王阿姨")
        assert await aunt.link("灯会") == "http://127.0.0.1/a"
        async with world.session.get(f"{world.base}/phone/{aunt.openid}") as response:
            page = await response.text()
        assert 'href="http://127.0.0.1/a"' in page
        assert "[voice]" in page


async def test_an_event_may_be_answered_by_several_articles() -> None:
    async with simulated() as world:
        world.server.words = lambda message: articles(3, message)
        aunt = world.simulator.resident("王阿姨")
        await aunt.click("NEWS")
        assert aunt.last.acknowledged
        async with world.session.get(f"{world.base}/phone/{aunt.openid}") as response:
            assert (await response.text()).count("灯会") == 3


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"CreateTime": 1, "MsgType": "text", "Content": ""}, "empty"),
        ({"MsgType": "text", "Content": "x"}, "CreateTime"),
        ({"CreateTime": 1, "MsgType": "image"}, "Image"),
        ({"CreateTime": 1, "MsgType": "news", "ArticleCount": 2, "Articles": ""}, "0 articles"),
        ({"CreateTime": 1, "MsgType": "poem"}, "poem"),
    ],
)
async def test_replies_that_wechat_would_refuse(fields: dict[str, object], problem: str) -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")

        async def answer(_request: web.Request, _body: str) -> web.Response:
            whole = {"ToUserName": aunt.openid, "FromUserName": OPTIONS.original_id, **fields}
            encrypted = Envelopes(AES_KEY, OPTIONS.app_id, Random(3)).encrypt(to_xml(whole))
            signature = sign(OPTIONS.token, "1", "2", encrypted)
            sealed = {"Encrypt": encrypted, "MsgSignature": signature, "TimeStamp": 1, "Nonce": "2"}
            return web.Response(body=to_xml(sealed))

        world.server.answer = answer
        await aunt.say("在吗")
        assert problem in aunt.last.problem


async def test_a_wrong_signature_on_a_reply_is_rubbish() -> None:
    async with simulated() as world:

        async def answer(_request: web.Request, _body: str) -> web.Response:
            return web.Response(
                body=to_xml({"Encrypt": "x", "MsgSignature": "y", "TimeStamp": 1, "Nonce": "2"})
            )

        world.server.answer = answer
        aunt = world.simulator.resident("王阿姨")
        await aunt.say("在吗")
        assert "MsgSignature" in aunt.last.problem


SEND = "/cgi-bin/message/custom/send"


@pytest.mark.parametrize(
    ("msgtype", "content", "errcode"),
    [
        ("news", {"articles": [ARTICLE]}, 0),
        ("news", {"articles": [ARTICLE] * 2}, 45008),
        ("news", {"articles": "x"}, 47001),
        ("msgmenu", {"list": []}, 47001),
        ("msgmenu", {"list": [{"id": 1}]}, 47001),
        ("mpnews", {"media_id": "no"}, 40007),
        ("music", {"musicurl": "http://127.0.0.1/m"}, 0),
        ("text", "x", 47001),
        ("poem", {}, 40008),
    ],
)
async def test_customer_messages(msgtype: str, content: object, errcode: int) -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        await aunt.follow()
        sent = {"touser": aunt.openid, "msgtype": msgtype, msgtype: content}
        assert (await world.post(SEND, sent))["errcode"] == errcode
        assert len(world.simulator.customer_messages) == (errcode == 0)


async def test_customer_pictures_voices_and_typing() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        typing = {"touser": aunt.openid, "command": "Typing"}
        assert (await world.post("/cgi-bin/message/custom/typing", typing))["errcode"] == 45080
        await aunt.follow()
        wrong = typing | {"command": "Dance"}
        assert (await world.post("/cgi-bin/message/custom/typing", wrong))["errcode"] == 45072
        media = world.simulator.media.keep("image", b"x", "image/png", None)
        for kind in ("image", "voice"):
            sent = {"touser": aunt.openid, "msgtype": kind, kind: {"media_id": media.media_id}}
            assert (await world.post(SEND, sent))["errcode"] == 0
        menu = {"head_content": "请选", "list": [{"id": "9", "content": "好"}], "tail_content": "谢谢"}
        assert (await world.post(SEND, {"touser": aunt.openid, "msgtype": "msgmenu", "msgmenu": menu}))[
            "errcode"
        ] == 0
        async with world.session.get(f"{world.base}/phone/{aunt.openid}") as response:
            page = await response.text()
        assert 'name="menu_id" value="9"' in page
        assert "请选" in page
