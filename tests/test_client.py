"""The API client: repeated only where that is safe, with errors that say what to do."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from bot.wechat.api import Article, MassJob, Platform, Quota
from bot.wechat.errors import ApiError, Gone, QuotaSpent, Rejected, Retry, TokenRefused, Unknown
from bot.wechat.transport import open_session
from tests.platform_fake import STABLE_TOKEN, Answer, World, world_in
from tests.wechat_samples import AUNT

SENDALL = "/cgi-bin/message/mass/sendall"
CUSTOM = "/cgi-bin/message/custom/send"
MENU = "/cgi-bin/menu/create"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path) as world:
        yield world


@pytest.fixture
async def platform(world: World) -> AsyncIterator[Platform]:
    async with world.platform() as platform:
        yield platform


async def failure(call: Awaitable[object]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await call
    return caught.value


async def test_calls_go_to_the_configured_base_with_the_token(world: World, platform: Platform) -> None:
    await platform.create_menu({"button": [{"type": "click", "name": "规范", "key": "RULES"}]})
    [asked] = world.fake.calls()
    assert (asked.method, asked.path) == ("POST", MENU)
    assert asked.query == {"access_token": "T1"}
    assert "规范".encode() in asked.body


async def test_fifty_sends_at_once_use_one_token(world: World, platform: Platform) -> None:
    await asyncio.gather(*(platform.custom_text(AUNT, f"第{n}条") for n in range(50)))
    assert len(world.fake.calls(CUSTOM)) == 50
    assert len(world.fake.calls(STABLE_TOKEN)) == 1


async def test_a_refused_token_is_renewed_once_for_all_calls(world: World, platform: Platform) -> None:
    await platform.delete_menu()
    world.clock.passes(60)
    world.fake.refuses = lambda token: token == "T1"
    await asyncio.gather(*(platform.custom_text(AUNT, "好") for _ in range(10)))
    assert len(world.fake.calls(CUSTOM)) == 20
    assert len(world.fake.calls(STABLE_TOKEN)) == 2


async def test_a_token_refused_for_ever_ends_after_one_retry(world: World, platform: Platform) -> None:
    world.fake.refuses = lambda token: True
    error = await failure(platform.custom_text(AUNT, "好"))
    assert error.outcome == TokenRefused()
    assert [asked.query["access_token"] for asked in world.fake.calls()] == ["T1", "T2"]
    assert len(world.fake.calls(STABLE_TOKEN)) == 2
    early = await failure(platform.custom_text(AUNT, "好"))
    assert early.outcome == Retry(30.0)


@pytest.mark.parametrize("code", [-1, 45011])
async def test_a_busy_platform_is_asked_three_times(world: World, platform: Platform, code: int) -> None:
    world.fake.will(MENU, *[{"errcode": code}] * 2)
    await platform.create_menu({"button": []})
    assert len(world.fake.calls(MENU)) == 3
    first, second = world.clock.pauses
    assert 0.5 <= first <= 1.5
    assert 1.0 <= second <= 3.0
    world.fake.will(MENU, *[{"errcode": code}] * 3)
    error = await failure(platform.create_menu({"button": []}))
    assert isinstance(error.outcome, Retry)
    assert len(world.fake.calls(MENU)) == 6


async def test_what_could_be_sent_twice_is_never_repeated(world: World, platform: Platform) -> None:
    world.fake.will(CUSTOM, {"errcode": -1}, {"errcode": 45011})
    busy = await failure(platform.custom_text(AUNT, "好"))
    assert busy.outcome == Unknown()
    limited = await failure(platform.custom_text(AUNT, "好"))
    assert limited.outcome == Retry(60.0)
    assert len(world.fake.calls(CUSTOM)) == 2
    assert world.clock.pauses == []


async def test_a_mass_send_with_its_key_may_be_repeated(world: World, platform: Platform) -> None:
    world.fake.will(SENDALL, {"errcode": -1}, {"errcode": 0, "msg_id": 34182, "msg_data_id": 2})
    job = await platform.mass_send_all("draft-1", "spring-2027")
    assert job == MassJob("34182", already=False, data_id="2")
    first, second = world.fake.calls(SENDALL)
    assert first.body == second.body
    assert first.json == {
        "msgtype": "mpnews",
        "send_ignore_reprint": 0,
        "clientmsgid": "spring-2027",
        "filter": {"tag_id": None, "is_to_all": True},
        "mpnews": {"media_id": "draft-1"},
    }


async def test_a_key_used_before_is_a_success_that_sent_nothing(world: World, platform: Platform) -> None:
    world.fake.will(SENDALL, {"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": 34182})
    assert await platform.mass_send_all("draft-1", "k", tag=100) == MassJob("34182", already=True)
    assert world.fake.calls(SENDALL)[0].json["filter"] == {"tag_id": 100, "is_to_all": False}


LOST: dict[str, Answer] = {
    "reset": "reset",
    "500": (500, "", "text/plain"),
    "502 page": (502, "<html>bad gateway</html>", "text/html"),
    "200 page": (200, "<html>login</html>", "text/html"),
    "half an answer": (200, '{"errcode": 0, "msg_', "application/json"),
    "a list": (200, "[]", "application/json"),
    "nesting": (200, "[" * 100_000, "application/json"),
    "a picture": (200, "x", "image/jpeg"),
    "code in words": {"errcode": "ok"},
    "no id": {"errcode": 0},
}


@pytest.mark.parametrize("name", LOST)
async def test_a_lost_answer_to_a_send_is_unknown(world: World, platform: Platform, name: str) -> None:
    world.fake.will(SENDALL, LOST[name])
    error = await failure(platform.mass_send_all("draft-1", "k"))
    assert error.outcome == Unknown()
    assert len(world.fake.calls(SENDALL)) == 1


async def test_a_lost_answer_to_a_question_is_asked_again_later(world: World, platform: Platform) -> None:
    world.fake.will("/cgi-bin/get_current_selfmenu_info", (500, "", "text/plain"))
    error = await failure(platform.get_selfmenu())
    assert error.outcome == Retry(2.0)


async def test_what_did_not_leave_is_no_unknown(world: World, platform: Platform) -> None:
    await platform.delete_menu()
    async with world.platform("http://127.0.0.1:1") as unreachable:
        error = await failure(unreachable.custom_text(AUNT, "好"))
    assert error.outcome == Retry(2.0)


async def test_a_redirect_is_not_followed(world: World, platform: Platform) -> None:
    world.fake.will(CUSTOM, (302, "", "text/plain"))
    error = await failure(platform.custom_text(AUNT, "好"))
    assert isinstance(error.outcome, Rejected)
    assert error.outcome.code == 302
    assert len(world.fake.calls()) == 1


async def test_other_codes_are_told_and_not_repeated(world: World, platform: Platform) -> None:
    codes = {43004: Gone, 45015: Rejected, 48001: Rejected, -7: Rejected, 45009: QuotaSpent}
    for calls, (code, kind) in enumerate(codes.items(), start=1):
        world.fake.will(MENU, {"errcode": code, "errmsg": "no rid: 12-ab"})
        error = await failure(platform.create_menu({}))
        assert isinstance(error.outcome, kind)
        assert (error.code, error.rid, error.call) == (code, "12-ab", MENU)
        assert len(world.fake.calls(MENU)) == calls


async def test_a_busy_token_service_is_waited_for(world: World, platform: Platform) -> None:
    world.fake.will(STABLE_TOKEN, {"errcode": -1}, "reset")
    await platform.custom_text(AUNT, "好")
    assert len(world.clock.pauses) == 2
    assert len(world.fake.calls(CUSTOM)) == 1


async def test_words_to_a_resident_are_made_safe(world: World, platform: Platform) -> None:
    await platform.custom_text(AUNT, "好\x00\ud800" + "字" * 1000)
    content = world.fake.calls(CUSTOM)[0].json["text"]
    assert isinstance(content, dict)
    assert content["content"].startswith("好字")
    assert len(content["content"].encode()) <= 2048


async def test_a_cover_and_its_draft(world: World, platform: Platform) -> None:
    world.fake.will("/cgi-bin/material/add_material", {"media_id": "cover-1", "url": "http://x"})
    world.fake.will("/cgi-bin/draft/add", {"media_id": "draft-1"})
    cover = await platform.upload_cover(b"\x89PNG\r\n\x1a\n...")
    assert await platform.add_draft([Article("春节", "<p>好</p>", cover, digest="短")]) == "draft-1"
    upload, draft = world.fake.calls()
    assert upload.query == {"access_token": "T1", "type": "image"}
    assert upload.fields == (("media", "cover.png", "image/png", b"\x89PNG\r\n\x1a\n..."),)
    assert draft.json["articles"] == [
        {
            "title": "春节",
            "author": "",
            "digest": "短",
            "content": "<p>好</p>",
            "content_source_url": "",
            "thumb_media_id": "cover-1",
            "need_open_comment": 0,
            "only_fans_can_comment": 0,
        }
    ]


async def test_followers_come_page_by_page(world: World, platform: Platform) -> None:
    path = "/cgi-bin/user/get"
    world.fake.will(
        path,
        {"total": 3, "count": 2, "data": {"openid": ["a", "b"]}, "next_openid": "b"},
        {"total": 3, "count": 1, "data": {"openid": ["c"]}, "next_openid": "c"},
        {"total": 3, "count": 0, "next_openid": ""},
    )
    assert [openid async for openid in platform.followers()] == ["a", "b", "c"]
    assert [asked.query.get("next_openid") for asked in world.fake.calls(path)] == [None, "b", "c"]


async def test_an_odd_page_of_followers_ends_the_list(world: World, platform: Platform) -> None:
    world.fake.will("/cgi-bin/user/get", {"data": {"openid": ["a"]}, "next_openid": ""})
    assert [openid async for openid in platform.followers()] == ["a"]
    world.fake.will("/cgi-bin/openapi/quota/get", {"errcode": 0})
    assert (await failure(platform.quota(SENDALL))).outcome == Unknown()


async def test_a_download_is_bytes_and_too_many_calls_wait(world: World, platform: Platform) -> None:
    async with open_session() as session:
        api = world.api(session)
        world.fake.will("/cgi-bin/media/get", (200, "picture", "image/jpeg"), (429, "", "text/plain"))
        assert await api.media.download("1") == b"picture"
        with pytest.raises(ApiError) as caught:
            await api.media.download("1")
        assert caught.value.outcome == Retry(60.0)


async def test_questions_are_answered_in_plain_types(world: World, platform: Platform) -> None:
    world.fake.will("/cgi-bin/getcallbackip", {"ip_list": ["101.226.62.77", "58.247.206.141/25"]})
    world.fake.will("/cgi-bin/openapi/quota/get", {"quota": {"daily_limit": 100, "used": 1, "remain": 99}})
    world.fake.will("/cgi-bin/message/mass/get", {"msg_id": 1, "msg_status": "SEND_SUCCESS"})
    world.fake.will("/cgi-bin/get_current_autoreply_info", {"is_add_friend_reply_open": 1})
    assert await platform.callback_ips() == ("101.226.62.77", "58.247.206.141/25")
    assert await platform.quota(SENDALL) == Quota(100, 1, 99)
    assert await platform.mass_status("1") == "SEND_SUCCESS"
    assert await platform.get_autoreply() == {"is_add_friend_reply_open": 1}


async def test_no_token_and_no_person_is_logged(
    world: World, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.fake.will(CUSTOM, "reset", {"errcode": 40003, "errmsg": f"invalid openid {AUNT}"})
    for _ in range(2):
        error = await failure(platform.custom_text(AUNT, "秘密"))
        chain = [error, error.__cause__, error.__context__]
        shown = "".join(repr(one) + str(one) for one in chain)
        assert not any(secret in shown for secret in ("T1", AUNT, "秘密", "access_token"))
    ours = [one for one in caplog.records if one.name not in ("aiosqlite", "aiohttp.access")]
    logged = "".join(one.getMessage() for one in ours)
    assert not any(secret in logged for secret in ("T1", AUNT, "秘密"))
