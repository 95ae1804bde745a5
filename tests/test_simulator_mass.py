"""Drafts, mass sends and publications: the platform's quotas, its confirmation and its events."""

from dataclasses import replace
from typing import Any

import pytest

from bot.simulator.samples import photograph
from tests.simulated import OPTIONS, World, simulated

MASS = "/cgi-bin/message/mass"


async def draft(world: World, title: str = "元宵节安全提醒", **changed: str) -> dict[str, Any]:
    """draft/add of one article with a cover."""
    cover = await world.upload("/cgi-bin/material/add_material", photograph(), type="image")
    article = {
        "title": title,
        "author": "文明办",
        "digest": "赏灯请注意安全",
        "content": "<p>祝您节日快乐。</p>",
        "thumb_media_id": cover["media_id"],
    }
    return await world.post("/cgi-bin/draft/add", {"articles": [article | changed]})


async def sendall(world: World, media_id: str, key: str = "", **chosen: Any) -> dict[str, Any]:
    """mass/sendall of a draft, to everybody unless a tag is chosen."""
    order: dict[str, Any] = {
        "filter": chosen or {"is_to_all": True},
        "mpnews": {"media_id": media_id},
        "msgtype": "mpnews",
        "send_ignore_reprint": 0,
    }
    return await world.post(f"{MASS}/sendall", order | ({"clientmsgid": key} if key else {}))


async def followed(world: World, *names: str) -> list[str]:
    """Residents who follow."""
    people = [world.simulator.resident(name) for name in names]
    for one in people:
        await one.follow()
    return [one.openid for one in people]


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"title": ""}, 45003),
        ({"title": "题" * 65}, 45003),
        ({"author": "名" * 17}, 45110),
        ({"digest": "摘" * 121}, 45004),
        ({"content": ""}, 44004),
        ({"content": "字" * 20_001}, 45002),
        ({"thumb_media_id": "no"}, 40007),
    ],
)
async def test_what_a_draft_may_hold(changed: dict[str, str], errcode: int) -> None:
    async with simulated() as world:
        assert (await draft(world, **changed))["errcode"] == errcode


async def test_drafts_can_be_read_changed_counted_and_deleted() -> None:
    async with simulated() as world:
        media_id = (await draft(world))["media_id"]
        read = (await world.post("/cgi-bin/draft/get", {"media_id": media_id}))["news_item"][0]
        assert read["title"] == "元宵节安全提醒"
        change = {"media_id": media_id, "index": 0, "articles": {**read, "title": "新题目"}}
        assert (await world.post("/cgi-bin/draft/update", change))["errcode"] == 0
        assert (await world.post("/cgi-bin/draft/update", change | {"index": 3}))["errcode"] == 40114
        assert await world.get("/cgi-bin/draft/count") == {"total_count": 1}
        batch = await world.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 20})
        assert batch["item"][0]["content"]["news_item"][0]["title"] == "新题目"
        assert (await world.post("/cgi-bin/draft/delete", {"media_id": media_id}))["errcode"] == 0
        assert (await world.post("/cgi-bin/draft/get", {"media_id": media_id}))["errcode"] == 40007


async def test_a_push_reaches_every_follower_and_its_finish_is_told() -> None:
    async with simulated() as world:
        openids = await followed(world, "王阿姨", "李师傅")
        media_id = (await draft(world))["media_id"]
        accepted = await sendall(world, media_id, "festival-2027-02-20")
        assert accepted["errcode"] == 0
        await world.simulator.tick()
        event = world.server.received[-1]
        assert event["Event"] == "MASSSENDJOBFINISH"
        assert event["MsgID"] == str(accepted["msg_id"])
        assert event["Status"] == "send success"
        counts = [event[name] for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")]
        assert counts == ["2", "2", "2", "0"]
        url = event["ArticleUrlResult"]["ResultList"]["item"]["ArticleUrl"]
        async with world.session.get(url) as response:
            page = await response.text()
        assert "<p>祝您节日快乐。</p>" in page
        lines = await world.simulator.lines(openids[1])
        assert lines[-1].kind == "article"
        assert world.simulator.mass_effects == {"festival-2027-02-20": 1}
        status = await world.post(f"{MASS}/get", {"msg_id": accepted["msg_id"]})
        assert status["msg_status"] == "SEND_SUCCESS"
        assert (await world.post("/cgi-bin/draft/get", {"media_id": media_id}))["errcode"] == 40007
        assert (await world.post(f"{MASS}/delete", {"msg_id": accepted["msg_id"]}))["errcode"] == 0
        async with world.session.get(url) as response:
            assert response.status == 404
        assert (await world.post(f"{MASS}/get", {"msg_id": 1}))["errcode"] == 40059


async def test_a_clientmsgid_is_used_once_in_24_hours() -> None:
    async with simulated() as world:
        await followed(world, "王阿姨")
        media_id = (await draft(world))["media_id"]
        first = await sendall(world, media_id, "k1")
        assert (await sendall(world, media_id, "k1"))["errcode"] == 45066
        world.clock.forward(seconds=60)
        again = await sendall(world, media_id, "k1")
        assert again["errcode"] == 45065
        assert again["msg_id"] == first["msg_id"]
        await world.simulator.tick()
        assert world.simulator.mass_effects == {"k1": 1}
        world.clock.forward(hours=24)
        assert (await sendall(world, (await draft(world))["media_id"], "k1"))["errcode"] == 0
        assert (await sendall(world, media_id, "k" * 65))["errcode"] == 45067


async def test_a_service_account_sends_to_all_once_a_day_and_four_times_a_month() -> None:
    async with simulated() as world:
        await followed(world, "王阿姨")
        for expected in (0, 45028):
            assert (await sendall(world, (await draft(world))["media_id"]))["errcode"] == expected
        for _ in range(3):
            world.clock.forward(days=1)
            assert (await sendall(world, (await draft(world))["media_id"]))["errcode"] == 0
        world.clock.forward(days=1)
        assert (await sendall(world, (await draft(world))["media_id"]))["errcode"] == 45028
        world.clock.forward(days=28)
        assert (await sendall(world, (await draft(world))["media_id"]))["errcode"] == 0


async def test_a_follower_gets_four_a_month_and_the_rest_silently_not() -> None:
    async with simulated() as world:
        openids = await followed(world, "王阿姨", "李师傅")
        text = {"touser": openids, "msgtype": "text", "text": {"content": "灯会改期"}}
        for _ in range(5):
            assert (await world.post(f"{MASS}/send", text))["errcode"] == 0
            await world.simulator.tick()
        event = world.server.received[-1]
        assert (event["TotalCount"], event["FilterCount"], event["SentCount"]) == ("2", "0", "0")
        assert [line.kind for line in await world.simulator.lines(openids[0])].count("text") == 4


async def test_a_subscription_account_sends_once_a_day() -> None:
    async with simulated(replace(OPTIONS, kind="subscription")) as world:
        openids = await followed(world, "王阿姨", "李师傅")
        tag = (await world.post("/cgi-bin/tags/create", {"tag": {"name": "城关镇"}}))["tag"]["id"]
        media_id = (await draft(world))["media_id"]
        assert (await sendall(world, media_id, is_to_all=False, tag_id=99))["errcode"] == 45159
        assert (await sendall(world, media_id, is_to_all=False, tag_id=tag))["errcode"] == 0
        assert (await sendall(world, media_id))["errcode"] == 45028
        order = {"touser": openids, "msgtype": "text", "text": {"content": "x"}}
        assert (await world.post(f"{MASS}/send", order))["errcode"] == 48001
        world.clock.forward(days=1)
        assert (await sendall(world, media_id))["errcode"] == 0


async def test_an_unconfirmed_send_fails_after_thirty_minutes() -> None:
    async with simulated(replace(OPTIONS, confirmation=True)) as world:
        await followed(world, "王阿姨")
        media_id = (await draft(world))["media_id"]
        accepted = await sendall(world, media_id, "k1")
        await world.simulator.tick()
        assert [job.msg_id for job in world.simulator.mass.waiting()] == [accepted["msg_id"]]
        world.clock.forward(minutes=30, seconds=1)
        await world.simulator.tick()
        assert world.server.received[-1]["Status"] == "err(40002)"
        assert world.simulator.mass_effects == {}
        second = await sendall(world, media_id, "k2")
        assert world.simulator.mass.decide(second["msg_id"], confirmed=True)
        assert not world.simulator.mass.decide(second["msg_id"], confirmed=True)
        await world.simulator.tick()
        assert world.simulator.mass_effects == {"k2": 1}
        world.clock.forward(days=1)
        third = await sendall(world, (await draft(world))["media_id"])
        world.simulator.mass.decide(third["msg_id"], confirmed=False)
        await world.simulator.tick()
        assert world.server.received[-1]["Status"] == "err(40001)"


async def test_an_ordered_verdict_fails_the_send() -> None:
    async with simulated() as world:
        await followed(world, "王阿姨")
        world.simulator.mass.verdicts.append("err(20001)")
        accepted = await sendall(world, (await draft(world))["media_id"])
        await world.simulator.tick()
        assert world.server.received[-1]["Status"] == "err(20001)"
        status = await world.post(f"{MASS}/get", {"msg_id": accepted["msg_id"]})
        assert status["msg_status"] == "SEND_FAIL"


async def test_sixty_calls_a_minute_previews_speeds_and_lists() -> None:
    async with simulated() as world:
        openids = await followed(world, "王阿姨", "李师傅")
        token, media_id = await world.token(), (await draft(world))["media_id"]
        preview = {"touser": openids[0], "mpnews": {"media_id": media_id}, "msgtype": "mpnews"}
        assert (await world.post(f"{MASS}/preview", preview))["errcode"] == 0
        assert (await world.simulator.lines(openids[0]))[-1].kind == "article"
        assert (await world.post(f"{MASS}/speed/set", {"speed": 2}))["errcode"] == 0
        assert await world.post(f"{MASS}/speed/get", {}) == {"speed": 2, "realspeed": 45}
        assert (await world.post(f"{MASS}/speed/set", {"speed": 9}))["errcode"] == 45083
        picture = world.simulator.media.keep("image", b"x", "image/png", None).media_id
        images = {"touser": openids, "msgtype": "image", "images": {"media_ids": [picture]}}
        assert (await world.post(f"{MASS}/send", images))["errcode"] == 0
        images["images"] = {"media_ids": ["no"]}
        assert (await world.post(f"{MASS}/send", images))["errcode"] == 40007
        assert (await world.post(f"{MASS}/send", images | {"msgtype": "poem"}))["errcode"] == 40008
        stranger = preview | {"touser": world.simulator.resident("小陈").openid}
        assert (await world.post(f"{MASS}/preview", stranger))["errcode"] == 43004
        world.clock.forward(minutes=1)
        alone = {"touser": openids[:1], "msgtype": "text", "text": {"content": "x"}}
        codes = [(await world.post(f"{MASS}/send", alone, token))["errcode"] for _ in range(61)]
        assert codes == [40130] * 60 + [45011]


async def test_a_publication_gets_an_address_and_an_event() -> None:
    async with simulated() as world:
        media_id = (await draft(world))["media_id"]
        submitted = await world.post("/cgi-bin/freepublish/submit", {"media_id": media_id})
        job = {"publish_id": submitted["publish_id"]}
        await world.simulator.tick()
        event = world.server.received[-1]
        assert event["Event"] == "PUBLISHJOBFINISH"
        assert event["PublishEventInfo"]["publish_id"] == submitted["publish_id"]
        done = await world.post("/cgi-bin/freepublish/get", job)
        assert done["publish_status"] == 0
        async with world.session.get(done["article_detail"]["item"][0]["article_url"]) as response:
            assert response.status == 200
        assert (await world.post("/cgi-bin/freepublish/get", {"publish_id": "1"}))["errcode"] == 53503
