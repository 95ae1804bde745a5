"""A delivery has its effect once, whatever WeChat repeats and wherever the process dies."""

import asyncio
import gzip

import pytest
from aiohttp import ClientSession
from sqlalchemy import func, select

from bot import outbox
from bot.chat import inbox
from bot.chat.inbox import Inbox
from bot.simulator.courier import Attempt
from bot.wechat.incoming import Incoming
from surveys import store
from tests.world import World, free_port


async def recorded(world: World, wave_id: int) -> list[dict[str, object]]:
    """What is durably recorded for a wave."""
    async with world.database.snapshot() as conn:
        return [dict(one.answers) async for one in store.stream_interviews(conn, wave_id)]


async def rows(world: World) -> int:
    """How many messages had an effect."""
    async with world.database.snapshot() as conn:
        return int((await conn.execute(select(func.count()).select_from(inbox.inbox))).scalar_one())


@pytest.mark.parametrize("identical", [False, True])
async def test_a_redelivered_answer_counts_once(each_world: World, identical: bool) -> None:
    world = each_world
    wave = await world.has_wave()
    aunt = world.resident("王阿姨")
    for words in ("问卷", "同意"):
        await aunt.say(words)
    first = await aunt.say("1")
    answer = aunt.last
    assert await aunt.redeliver(answer, identical=identical) == first
    await aunt.say("2")
    assert await aunt.redeliver(answer, identical=identical) == first
    await world.restart()
    assert await aunt.redeliver(answer, identical=identical) == first
    await aunt.say("跳过")
    assert await aunt.redeliver(answer, identical=identical) == first
    assert await recorded(world, wave.id) == [{"know": "1", "content": "2", "words": None}]


async def test_parallel_deliveries_share_one_effect_and_one_reply(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    aunt = world.resident("王阿姨")
    deliveries = await aunt.deliver_parallel(8, "高空抛物", msg_id=77, created=int(world.clock().timestamp()))
    assert len({delivery.text for delivery in deliveries}) == 1
    assert await rows(world) == 1


async def test_a_redelivery_on_another_replica_gets_the_same_words(each_world: World) -> None:
    world = each_world
    await world.has_wave()
    aunt = world.resident("王阿姨")
    await aunt.say("问卷")
    first = await aunt.say("同意")
    other = free_port()
    await world.open(port=other)
    here = world.simulator.courier.webhook_url
    world.simulator.courier.webhook_url = f"http://127.0.0.1:{other}/wechat"
    assert await aunt.redeliver() == first
    world.simulator.courier.webhook_url = here
    assert await rows(world) == 2


async def test_replicas_that_get_a_message_at_once_have_one_effect(each_world: World) -> None:
    world = each_world
    await world.has_rules()
    other = free_port()
    await world.open(port=other)
    fields = world.simulator.complete("o" + "a" * 27, {"MsgType": "text", "Content": "高空抛物"})
    courier, urls = world.simulator.courier, [world.simulator.courier.webhook_url]
    urls.append(f"http://127.0.0.1:{other}/wechat")

    async def deliver(url: str) -> str | None:
        envelope = courier.seal(fields)
        async with ClientSession() as http:
            response = await http.post(f"{url}?{envelope.query}", data=envelope.body)
            assert response.status == 200
            body = await response.read()
        return courier.conclude(
            fields, envelope, [Attempt(status=response.status, seconds=0.0, body=body, error="")]
        ).text

    replies = await asyncio.gather(*(deliver(url) for url in urls * 3))
    assert len(set(replies)) == 1
    assert await rows(world) == 1


async def test_order_is_kept_for_each_resident(world: World) -> None:
    wave = await world.has_wave()
    people = [world.resident(f"居民{number}") for number in range(20)]

    async def answers(one: object) -> None:
        for words in ("问卷", "同意", "1", "2", "好"):
            await one.say(words)  # type: ignore[attr-defined]

    await asyncio.gather(*(answers(one) for one in people))
    found = await recorded(world, wave.id)
    assert found == [{"know": "1", "content": "2", "words": "好"}] * 20


async def test_a_reply_nobody_waits_for_goes_as_a_customer_service_message(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    await aunt.follow()
    box = world.inbox
    assert isinstance(box, Inbox)
    asked = await aunt.say("你好")
    assert asked is not None
    late = await _leave(world, box, aunt.openid, "高空抛物")
    assert "第四条" in late
    async with world.database.snapshot() as conn:
        assert (await outbox.states(conn)) == {"waiting": 1}
    world.clock.passes(seconds=7)
    await world.beat("send")
    assert [one.openid for one in world.simulator.customer_messages] == [aunt.openid]


async def test_a_redelivery_takes_the_late_reply_with_it(world: World) -> None:
    await world.has_rules()
    aunt = world.resident("王阿姨")
    await aunt.follow()
    box = world.inbox
    assert isinstance(box, Inbox)
    late = await _leave(world, box, aunt.openid, "高空抛物")
    assert await box.handle(_message(world, aunt.openid, "高空抛物")) == late
    world.clock.passes(seconds=7)
    await world.beat("send")
    assert world.simulator.customer_messages == []


def _message(world: World, openid: str, text: str) -> Incoming:
    return Incoming(openid, "gh_0123456789ab", int(world.clock().timestamp()), "text", "k" * 64, text=text)


async def _leave(world: World, box: Inbox, openid: str, text: str) -> str:
    """Send a message and hang up before the reply, on every attempt."""
    waiting = asyncio.create_task(box.handle(_message(world, openid, text)))
    await asyncio.sleep(0)
    _, reply = next(iter(box._tickets.values()))
    waiting.cancel()
    return await reply


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"x" * 70_000, {}, 413),
        (b"\x1f\x8b broken", {"Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"<xml/>" * 100_000), {"Content-Encoding": "gzip"}, 413),
        (b"", {"Content-Encoding": "deflate"}, 400),
        (b"<xml/>", {}, 400),
        (b"<xml><Encrypt>AAAA</Encrypt></xml>", {}, 403),
    ],
)
async def test_odd_bodies_are_refused(
    world: World, body: bytes, headers: dict[str, str], status: int
) -> None:
    async with ClientSession() as http:
        response = await http.post(f"{world.base}/wechat?signature=x", data=body, headers=headers)
        assert response.status == status
    assert await rows(world) == 0


async def test_the_console_check_is_answered_with_the_echo(world: World) -> None:
    assert await world.simulator.courier.verify()
