"""Messages reach the account's server as WeChat delivers them, and residents see what WeChat would show."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import ClientSession, web

from bot.simulator.flood import flood
from bot.simulator.options import Mode
from bot.simulator.remote import RemoteSimulator
from bot.simulator.replies import EXCUSE
from bot.simulator.residents import Resident
from tests.simulated import OPTIONS, simulated


@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"])
async def test_a_message_and_its_reply_in_every_mode(mode: Mode) -> None:
    async with simulated(replace(OPTIONS, mode=mode)) as world:
        aunt = world.simulator.resident("王阿姨")
        assert await aunt.say("遛狗有什么规定") == "收到：遛狗有什么规定"
        received = world.server.received[0]
        assert received["FromUserName"] == aunt.openid
        assert received["ToUserName"] == OPTIONS.original_id
        assert received["Content"] == "遛狗有什么规定"
        assert ("<Content>" in world.server.bodies[0].decode()) == (mode != "safe")
        assert await world.simulator.courier.verify()


async def test_openids_look_like_wechats_and_stay_the_same() -> None:
    async with simulated() as world:
        openid = world.simulator.resident("小陈").openid
        assert len(openid) == 28
        assert openid.startswith("o")
        assert world.simulator.resident("小陈").openid == openid


async def test_a_server_error_is_delivered_three_times_then_excused() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")

        async def fail(_request: web.Request, _body: str) -> web.Response:
            return web.Response(status=503)

        world.server.answer = fail
        assert await aunt.say("在吗") is None
        assert [one.status for one in aunt.last.attempts] == [503] * 3
        assert aunt.last.excuse == EXCUSE
        ids = {(one["MsgId"], one["CreateTime"]) for one in world.server.received}
        assert len(ids) == 1
        assert len({query["nonce"] for query in world.server.queries}) == 3
        assert len(set(world.server.bodies)) == 3


async def test_silence_is_delivered_again_and_the_second_answer_counts() -> None:
    async with simulated(replace(OPTIONS, answer_seconds=0.15)) as world:
        released = asyncio.Event()
        calls = 0

        async def slow_once(_request: web.Request, _body: str) -> web.Response:
            nonlocal calls
            calls += 1
            if calls == 1:
                await released.wait()
            return web.Response(text="success")

        world.server.answer = slow_once
        aunt = world.simulator.resident("王阿姨")
        assert await aunt.say("在吗") is None
        assert aunt.last.acknowledged
        assert [one.status for one in aunt.last.attempts] == [None, 200]
        released.set()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"ok": true}', "not XML"),
        ("<xml><MsgType>text</MsgType></xml>", "not encrypted"),
        ("<html>", "not XML"),
    ],
)
async def test_rubbish_is_excused_at_once(body: str, problem: str) -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")

        async def answer(_request: web.Request, _body: str) -> web.Response:
            return web.Response(text=body)

        world.server.answer = answer
        await aunt.say("在吗")
        assert len(aunt.last.attempts) == 1
        assert problem in aunt.last.problem
        assert [line.side for line in await world.simulator.lines(aunt.openid)] == ["resident", "system"]


async def test_too_long_or_misaddressed_replies_are_excused() -> None:
    async with simulated(replace(OPTIONS, mode="plain")) as world:
        aunt = world.simulator.resident("王阿姨")
        world.server.words = lambda _message: "字" * 683
        await aunt.say("长")
        assert "2048" in aunt.last.problem

        async def misaddress(_request: web.Request, body: str) -> web.Response:
            return web.Response(text=body)

        world.server.answer = misaddress
        await aunt.say("错")
        assert "somebody else" in aunt.last.problem


async def test_redelivery_keeps_the_message_and_renews_the_envelope_unless_identical() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        await aunt.say("B", msg_id=7, created=1_790_000_000)
        await aunt.redeliver()
        await aunt.redeliver(identical=True)
        assert [one["MsgId"] for one in world.server.received] == ["7"] * 3
        assert {one["CreateTime"] for one in world.server.received} == {"1790000000"}
        first, second, third = world.server.bodies
        assert first != second
        assert second == third
        assert world.server.queries[1] == world.server.queries[2]


async def test_parallel_deliveries_are_one_message() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        deliveries = await aunt.deliver_parallel(5, "B", 8, 1_790_000_000)
        assert [one.text for one in deliveries] == ["收到：B"] * 5
        assert {one["MsgId"] for one in world.server.received} == {"8"}
        sides = [line.side for line in await world.simulator.lines(aunt.openid)]
        assert sides.count("resident") == 1


async def test_following_clicking_speaking_tapping() -> None:
    async with simulated() as world:
        aunt = world.simulator.resident("王阿姨")
        world.server.words = lambda _message: (
            '请选：<a href="weixin://bizmsgmenu?msgmenucontent=%E6%BB%A1%E6%84%8F&msgmenuid=101">1 满意</a>'
            ' <a href="http://127.0.0.1/q/abc?x=1&amp;y=2">打开问卷</a>'
        )
        await aunt.follow(scene="77")
        assert world.server.received[-1]["EventKey"] == "qrscene_77"
        assert world.simulator.people.known(aunt.openid).following
        await aunt.tap("满意")
        assert world.server.received[-1]["Content"] == "满意"
        assert world.server.received[-1]["bizmsgmenuid"] == "101"
        assert await aunt.link("打开问卷") == "http://127.0.0.1/q/abc?x=1&y=2"
        with pytest.raises(LookupError):
            await aunt.tap("没有这一项")
        await aunt.click("SURVEY")
        assert world.server.received[-1]["Event"] == "CLICK"
        await aunt.voice("遛狗")
        assert world.server.received[-1]["Recognition"] == "遛狗"
        await aunt.voice()
        assert "Recognition" not in world.server.received[-1]
        await aunt.location(30.0, 120.0)
        await aunt.image()
        await aunt.scan("5")
        await aunt.view("http://127.0.0.1/")
        await aunt.unfollow()
        assert world.server.received[-1]["Event"] == "unsubscribe"
        assert not world.simulator.people.known(aunt.openid).following


async def test_residents_of_another_process_speak_over_http() -> None:
    async with simulated() as world, ClientSession() as session:
        there = RemoteSimulator(world.base, session)
        aunt = Resident(there, world.simulator.resident("王阿姨").openid, "王阿姨")
        world.server.words = lambda _message: '<a href="weixin://bizmsgmenu?msgmenuid=5">甲</a>'
        await aunt.say("在吗")
        await aunt.tap("甲")
        assert world.server.received[-1]["bizmsgmenuid"] == "5"
        assert await aunt.redeliver(identical=True) == aunt.last.text
        assert world.server.bodies[-1] == world.server.bodies[-2]
        assert (await there.ledger())["mass_effects"] == {}


async def test_a_flood_reports_latencies_and_statuses() -> None:
    async with simulated() as world:
        residents = [world.simulator.resident(f"居民{number}") for number in range(8)]
        report = await flood(world.simulator, residents, ["在吗"] * 40, concurrency=4, rate=5000)
        assert report.statuses == {200: 40}
        assert report.replies == 40
        assert not report.problems
        assert len(report.latencies) == 40
        assert 0 < report.percentile(0.5) <= report.percentile(0.99)
        assert report.per_second > 0
